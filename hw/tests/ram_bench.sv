// ram_1r1w and ram_2r1w against a model: masked writes, reads that see old data at the same address and hold theirs until the next.
module ram_bench;
  `include "bench.svh"
  localparam int Depth = 8;

  logic        we, re, re_a, re_b;
  logic [1:0]  mask;
  logic [2:0]  waddr, raddr, raddr_a, raddr_b;
  logic [15:0] wdata, rdata, rdata_a, rdata_b;
  ram_1r1w #(.Width(16), .Depth(Depth), .Chunks(2)) u_one (
    .clk_i(clk), .we_i(we), .wmask_i(mask), .waddr_i(waddr), .wdata_i(wdata), .re_i(re), .raddr_i(raddr), .rdata_o(rdata)
  );
  ram_2r1w #(.Width(16), .Depth(Depth), .Chunks(2)) u_two (
    .clk_i(clk), .we_i(we), .wmask_i(mask), .waddr_i(waddr), .wdata_i(wdata), .re_a_i(re_a), .raddr_a_i(raddr_a), .rdata_a_o(rdata_a),
    .re_b_i(re_b), .raddr_b_i(raddr_b), .rdata_b_o(rdata_b)
  );

  reg [15:0] model [0:Depth-1];
  reg [15:0] expected, expected_a, expected_b;
  integer i, same = 0, seed = 5;
  initial begin
    {re, re_a, re_b} = 0;
    we = 1;
    mask = 2'b11;
    for (i = 0; i < Depth; i = i + 1) begin
      waddr = i[2:0];
      wdata = $random(seed);
      model[i] = wdata;
      @(negedge clk);
    end
    for (i = 0; i < 5000; i = i + 1) begin
      {we, mask, waddr, wdata} = {$random(seed)};
      {re, re_a, re_b, raddr, raddr_a, raddr_b} = {$random(seed)};
      if (i == 0) {re, re_a, re_b} = 3'b111;
      if (re) expected = model[raddr];
      if (re_a) expected_a = model[raddr_a];
      if (re_b) expected_b = model[raddr_b];
      if (we && re && waddr == raddr) same = same + 1;
      if (we && mask[0]) model[waddr][7:0] = wdata[7:0];
      if (we && mask[1]) model[waddr][15:8] = wdata[15:8];
      @(negedge clk);
      check(rdata === expected, 1);
      check(rdata_a === expected_a, 2);
      check(rdata_b === expected_b, 3);
    end
    check(same > 100, 4);
    finish_bench;
  end
endmodule
