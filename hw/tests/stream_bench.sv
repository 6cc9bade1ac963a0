// stream_fifo and stream_slice under random back-pressure: every word arrives once and in order, the level is right, nothing is unknown.
module stream_bench;
  `include "bench.svh"
  localparam int Depth = 5;

  logic        wvalid, fifo_wready, fifo_rvalid, fifo_rready, slice_wready, slice_rvalid, slice_rready;
  logic [15:0] fifo_wdata, fifo_rdata, slice_wdata, slice_rdata;
  logic [2:0]  level;
  stream_fifo #(.Width(16), .Depth(Depth)) u_fifo (
    .clk_i(clk), .rst_ni(rst_n), .wvalid_i(wvalid), .wready_o(fifo_wready), .wdata_i(fifo_wdata), .rvalid_o(fifo_rvalid),
    .rready_i(fifo_rready), .rdata_o(fifo_rdata), .level_o(level)
  );
  stream_slice #(.Width(16)) u_slice (
    .clk_i(clk), .rst_ni(rst_n), .wvalid_i(wvalid), .wready_o(slice_wready), .wdata_i(slice_wdata), .rvalid_o(slice_rvalid),
    .rready_i(slice_rready), .rdata_o(slice_rdata)
  );

  integer fifo_in = 0, fifo_out = 0, slice_in = 0, slice_out = 0, i, seed = 1, mood = 0;
  assign fifo_wdata = fifo_in[15:0];
  assign slice_wdata = slice_in[15:0];

  initial begin
    wvalid = 0;
    fifo_rready = 0;
    slice_rready = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    for (i = 0; i < 20000; i = i + 1) begin
      @(negedge clk);
      if (i % 64 == 0) mood = $random(seed);  // fill, drain, both
      wvalid = (mood & 1) || ($random(seed) & 1);
      fifo_rready = (mood & 2) || ($random(seed) & 1);
      slice_rready = fifo_rready;
      #1;
      check(level === fifo_in - fifo_out, 1);
      check(fifo_wready === (fifo_in - fifo_out != Depth), 2);
      if (fifo_rvalid && fifo_rready) check(fifo_rdata === fifo_out[15:0], 3);
      if (slice_rvalid && slice_rready) check(slice_rdata === slice_out[15:0], 4);
      @(posedge clk);
      if (fifo_rvalid && fifo_rready) fifo_out <= fifo_out + 1;
      if (slice_rvalid && slice_rready) slice_out <= slice_out + 1;
      if (wvalid && fifo_wready) fifo_in <= fifo_in + 1;
      if (wvalid && slice_wready) slice_in <= slice_in + 1;
    end
    check(fifo_out > 5000 && slice_out > 5000, 5);
    finish_bench;
  end
endmodule
