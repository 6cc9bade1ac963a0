// A register slice: cuts all combinational paths between its two sides. One word per cycle; latency one cycle. Holds two words.
module stream_slice #(
  parameter int Width = 32
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             wvalid_i,
  output logic             wready_o,
  input  logic [Width-1:0] wdata_i,
  output logic             rvalid_o,
  input  logic             rready_i,
  output logic [Width-1:0] rdata_o
);
  logic             valid_q, spare_valid_q;
  logic [Width-1:0] data_q, spare_q;  // spare: what arrived while the output was held up

  assign wready_o = !spare_valid_q;
  assign rvalid_o = valid_q;
  assign rdata_o = data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      spare_valid_q <= 1'b0;
    end else if (!valid_q || rready_i) begin
      valid_q <= spare_valid_q || wvalid_i;
      spare_valid_q <= 1'b0;
    end else if (wvalid_i && !spare_valid_q) begin
      spare_valid_q <= 1'b1;
    end
    if (!valid_q || rready_i) begin
      if (spare_valid_q) data_q <= spare_q;
      else if (wvalid_i) data_q <= wdata_i;
    end
    if (wvalid_i && !spare_valid_q) spare_q <= wdata_i;
  end

`ifdef VERILATOR
  SpareOnlyBehindAWord: assert property (@(posedge clk_i) disable iff (!rst_ni) spare_valid_q |-> valid_q);
  HeldUntilTaken: assert property (@(posedge clk_i) disable iff (!rst_ni) (rvalid_o && !rready_i) |=> (rvalid_o && $stable(rdata_o)));
`endif
endmodule
