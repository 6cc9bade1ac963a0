// Techmap rules that cut wide registers into words of 32 bits. Yosys 0.23's xilinx_dsp takes a register into a DSP although some of its
// bits are copies of a product's sign, which leaves those bits undriven; per word, `wreduce` removes the copies first.
(* techmap_celltype = "$dff" *)
module split_dff (CLK, D, Q);
  parameter WIDTH = 1;
  parameter CLK_POLARITY = 1;
  input CLK;
  input [WIDTH-1:0] D;
  output [WIDTH-1:0] Q;
  wire _TECHMAP_FAIL_ = WIDTH <= 32;
  genvar i;
  generate
    for (i = 0; i < (WIDTH + 31) / 32; i = i + 1) begin : word
      localparam Bits = (WIDTH - 32 * i < 32) ? WIDTH - 32 * i : 32;
      \$dff #(.WIDTH(Bits), .CLK_POLARITY(CLK_POLARITY)) register (.CLK(CLK), .D(D[32*i +: Bits]), .Q(Q[32*i +: Bits]));
    end
  endgenerate
endmodule

(* techmap_celltype = "$dffe" *)
module split_dffe (CLK, EN, D, Q);
  parameter WIDTH = 1;
  parameter CLK_POLARITY = 1;
  parameter EN_POLARITY = 1;
  input CLK, EN;
  input [WIDTH-1:0] D;
  output [WIDTH-1:0] Q;
  wire _TECHMAP_FAIL_ = WIDTH <= 32;
  genvar i;
  generate
    for (i = 0; i < (WIDTH + 31) / 32; i = i + 1) begin : word
      localparam Bits = (WIDTH - 32 * i < 32) ? WIDTH - 32 * i : 32;
      \$dffe #(.WIDTH(Bits), .CLK_POLARITY(CLK_POLARITY), .EN_POLARITY(EN_POLARITY)) register (
        .CLK(CLK), .EN(EN), .D(D[32*i +: Bits]), .Q(Q[32*i +: Bits]));
    end
  endgenerate
endmodule
