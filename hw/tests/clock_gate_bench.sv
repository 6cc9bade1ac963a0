// clock_gate: whole pulses where the enable was high before the edge, none elsewhere, whatever the enable does in the first half.
module clock_gate_bench;
  `include "bench.svh"

  logic   enable = 0, was, gated, free;
  integer seed = 4, i, pulses = 0, passes = 0, expected = 0;
  clock_gate #(.Gating(1)) u_gate (.clk_i(clk), .en_i(enable), .clk_o(gated));
  clock_gate #(.Gating(0)) u_wire (.clk_i(clk), .en_i(enable), .clk_o(free));
  always @(posedge gated) pulses = pulses + 1;
  always @(posedge free) passes = passes + 1;

  initial begin
    @(negedge clk);
    pulses = 0;
    passes = 0;
    for (i = 0; i < 200; i = i + 1) begin
      enable = $random(seed);
      if (enable) expected = expected + 1;
      was = enable;
      @(posedge clk);
      #1 check(gated === was && free === 1'b1, i);
      enable = $random(seed);
      #1 check(gated === was, 1000 + i);
      @(negedge clk);
      #1 check(gated === 1'b0, 2000 + i);
    end
    check(pulses == expected && passes == 200, 3000);
    finish_bench;
  end
endmodule
