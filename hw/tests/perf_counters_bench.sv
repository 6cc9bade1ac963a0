// perf_counters against plain counting of random causes, steps and bytes, over two runs.
module perf_counters_bench;
  `include "bench.svh"
  `include "registers.svh"

  logic        clear, enable, gemm, alu, requantize, depthwise, read_beat, write_beat, read;
  logic [47:0] cycles, value;
  logic [4:0]  cause [0:3];
  logic [3:0]  bytes;
  logic [4:0]  select;
  perf_counters #(.ByteBits(4)) u_counters (
    .clk_i(clk), .clk_read_i(clk), .clk_store_i(clk), .clk_requantize_i(clk), .clear_i(clear), .enable_i(enable), .cycles_i(cycles), .fetch_cause_i(cause[0]),
    .load_cause_i(cause[1]), .compute_cause_i(cause[2]), .store_cause_i(cause[3]), .gemm_step_i(gemm), .alu_step_i(alu),
    .requantize_step_i(requantize), .depthwise_step_i(depthwise), .uop_bytes_i(bytes), .inp_bytes_i(bytes), .wgt_bytes_i(4'd0),
    .acc_bytes_i(4'd1), .prm_bytes_i(bytes), .out_bytes_i(4'd8), .read_beat_i(read_beat), .write_beat_i(write_beat), .read_i(read),
    .select_i(select), .value_o(value)
  );

  integer seed = 9, run, i, e;
  integer first [0:4];
  integer expected [0:31];
  initial begin
    first[0] = CountFetchBusy;
    first[1] = CountLoadBusy;
    first[2] = CountComputeBusy;
    first[3] = CountStoreBusy;
    first[4] = CountGemmOps;
    {clear, enable, gemm, alu, requantize, depthwise, read_beat, write_beat, read} = 0;
    {cycles, bytes, select} = 0;
    for (e = 0; e < 4; e = e + 1) cause[e] = 5'd31;
    repeat (3) @(negedge clk);
    for (run = 0; run < 2; run = run + 1) begin
      for (i = 0; i < CounterCount; i = i + 1) expected[i] = 0;
      clear = 1;
      cycles = 0;
      @(negedge clk);
      clear = 0;
      enable = 1;
      for (i = 0; i < 3000; i = i + 1) begin
        for (e = 0; e < 4; e = e + 1) begin
          if ($random(seed) & 1) cause[e] = 5'(first[e] + {$random(seed)} % (first[e+1] - first[e]));
          else if (i == 0) cause[e] = 5'(first[e]);
          expected[cause[e]] = expected[cause[e]] + 1;
        end
        {gemm, alu, requantize, depthwise, read_beat, write_beat} = $random(seed);
        bytes = ($random(seed) & 1) ? 4'd8 : 4'd0;
        expected[CountGemmOps] = expected[CountGemmOps] + gemm;
        expected[CountAluOps] = expected[CountAluOps] + alu;
        expected[CountRequantizeOps] = expected[CountRequantizeOps] + requantize;
        expected[CountDepthwiseOps] = expected[CountDepthwiseOps] + depthwise;
        expected[CountUopBytes] = expected[CountUopBytes] + bytes;
        expected[CountInpBytes] = expected[CountInpBytes] + bytes;
        expected[CountAccBytes] = expected[CountAccBytes] + 1;
        expected[CountPrmBytes] = expected[CountPrmBytes] + bytes;
        expected[CountOutBytes] = expected[CountOutBytes] + 8;
        expected[CountReadBeats] = expected[CountReadBeats] + read_beat;
        expected[CountWriteBeats] = expected[CountWriteBeats] + write_beat;
        @(negedge clk);
        cycles = cycles + 1;
      end
      enable = 0;
      for (e = 0; e < 4; e = e + 1) cause[e] = 5'd31;
      repeat (2) @(negedge clk);
      for (i = 0; i < CounterCount; i = i + 1) begin
        read = 1;
        select = 5'(i);
        @(negedge clk);
        read = 0;
        check(value === 48'(expected[i]), 100 * run + i);
      end
    end
    finish_bench;
  end
endmodule
