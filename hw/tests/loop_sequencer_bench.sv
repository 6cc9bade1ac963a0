// loop_sequencer against the loops of the instruction set in plain integers: random counts and factors, holds at random, steps of several
// groups, instructions without steps, and the next instruction in the cycle of the last step.
module loop_sequencer_bench;
  `include "bench.svh"

  logic        hold = 1'b0, start = 1'b0, ready, skip = 1'b0, active, valid, last, final_group;
  logic [5:0]  uop_bgn, uop, running_bgn, running_end;
  logic [6:0]  uop_end;
  logic [13:0] iter_out, iter_in;
  logic [9:0]  dst_out, dst_in, src_out, src_in, wgt_out, wgt_in;
  logic [1:0]  groups, group;
  logic [19:0] dst, src, wgt;
  loop_sequencer #(.UopIndexBits(6), .FactorBits(10), .OffsetBits(20), .GroupBits(2)) u_sequencer (
    .clk_i(clk),
    .rst_ni(rst_n),
    .halt_i(1'b0),
    .hold_i(hold),
    .start_i(start),
    .ready_o(ready),
    .uop_bgn_i(uop_bgn),
    .uop_end_i(uop_end),
    .iter_out_i(iter_out),
    .iter_in_i(iter_in),
    .dst_out_i(dst_out),
    .dst_in_i(dst_in),
    .src_out_i(src_out),
    .src_in_i(src_in),
    .wgt_out_i(wgt_out),
    .wgt_in_i(wgt_in),
    .groups_i(groups),
    .skip_i(skip),
    .active_o(active),
    .valid_o(valid),
    .last_o(last),
    .uop_o(uop),
    .group_o(group),
    .final_o(final_group),
    .dst_o(dst),
    .src_o(src),
    .wgt_o(wgt),
    .uop_bgn_o(running_bgn),
    .uop_end_o(running_end)
  );

  integer seed = 21, n, o, i, u, g, gaps = 0;

  // Waits while the sequencer is held; a step is made at the edge after this returns.
  task step;
    begin
      hold = ($random(seed) & 3) == 0;
      while (hold) begin
        #1 check(!ready, 1);
        @(negedge clk);
        hold = ($random(seed) & 3) == 0;
      end
      #1;
    end
  endtask

  task draw;
    begin
      uop_bgn = $random(seed) & 31;
      uop_end = uop_bgn + 1 + ($random(seed) & 3);
      iter_out = 1 + ($random(seed) & 3);
      iter_in = 1 + ($random(seed) & 3);
      dst_out = $random(seed);
      dst_in = $random(seed);
      src_out = $random(seed);
      src_in = $random(seed);
      wgt_out = $random(seed);
      wgt_in = $random(seed);
      groups = $random(seed);
      skip = ($random(seed) & 7) == 0;
      start = 1'b1;
    end
  endtask

  // The instruction that runs.
  integer bgn, stop, trips_out, trips_in, f_do, f_di, f_so, f_si, f_wo, f_wi, parts;
  logic   no_steps;

  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    @(negedge clk);
    draw;
    #1 check(ready, 2);
    for (n = 0; n < 300; n = n + 1) begin
      bgn = uop_bgn;
      stop = uop_end;
      trips_out = iter_out;
      trips_in = iter_in;
      f_do = dst_out;
      f_di = dst_in;
      f_so = src_out;
      f_si = src_in;
      f_wo = wgt_out;
      f_wi = wgt_in;
      parts = groups + 1;
      no_steps = skip;
      @(negedge clk);
      start = 1'b0;
      if (no_steps) begin
        step;
        check(active && !valid && last && ready, 3);
        draw;
      end else begin
        for (o = 0; o < trips_out; o = o + 1) for (i = 0; i < trips_in; i = i + 1) for (u = bgn; u < stop; u = u + 1)
        for (g = 0; g < parts; g = g + 1) begin
          if (o != 0 || i != 0 || u != bgn || g != 0) @(negedge clk);
          step;
          check(active && valid && uop === u && group === g && final_group === (g == parts - 1), 4);
          check(dst === o * f_do + i * f_di && src === o * f_so + i * f_si && wgt === o * f_wo + i * f_wi, 5);
          check(running_bgn === bgn && running_end === stop - 1, 6);
          check(last === (o == trips_out - 1 && i == trips_in - 1 && u == stop - 1 && g == parts - 1), 7);
          check(ready === last, 8);
          if (last) draw;
        end
      end
    end
    finish_bench;
  end
endmodule
