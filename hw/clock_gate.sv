// A clock that stops: an edge of clk_i passes where en_i was high before it. The latch and the gate of an integrated clock-gating cell, which
// an ASIC flow puts in the place of this module. With Gating 0 every edge passes.
module clock_gate #(
  parameter int Gating = 1
) (
  input  logic clk_i,
  input  logic en_i,   // settled before the rising edge
  output logic clk_o
);
  if (Gating != 0) begin : gen_gate
    logic en_q;
    always_latch begin
      if (!clk_i) en_q = en_i;
    end
    assign clk_o = clk_i && en_q;
  end else begin : gen_wire
    assign clk_o = clk_i;
    logic unused;
    assign unused = &{1'b0, en_i};
  end
endmodule
