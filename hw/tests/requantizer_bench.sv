// requantizer on random REQUANTIZEs beside accumulators, `out` and parameters, with a quarter of the channels per cycle: the buffers hold
// what the elements make of them one after the other, also where a kept result is read again; what reaches beyond a buffer fails and
// writes nothing; one that is dropped before it begins writes nothing either.
module requantizer_bench;
  `include "bench.svh"
  `include "requantize_rule.svh"
  localparam int Batch = 2, BlockOut = 4, Lanes = 1;
  localparam int AccDepth = 32, PrmDepth = 8;
  localparam int Runs = 400;
  localparam int Cells = Batch * BlockOut;

  logic          cancel, start, keep, tflite, oldest, active, waiting, keep_out, failed, done, step, busy, reading, any;
  logic          acc_read, prm_read, write;
  logic [13:0]   iter_out, iter_in;
  logic [10:0]   dst, src, dst_out, dst_in, src_out, src_in;
  logic [5:0]    prm, prm_out;
  logic [4:0]    slot_out, first, last, acc_index, write_index;
  logic [2:0]    prm_index;
  logic [255:0]  acc_data, write_data;
  logic [511:0]  prm_data;
  logic [63:0]   write_narrow;
  requantizer #(.Batch(Batch), .BlockOut(BlockOut), .Lanes(Lanes), .AccDepth(AccDepth), .PrmDepth(PrmDepth)) u_requantizer (
    .clk_i(clk), .rst_ni(rst_n), .cancel_i(cancel), .start_i(start), .slot_i(5'd19), .keep_i(keep), .tflite_i(tflite),
    .iter_out_i(iter_out), .iter_in_i(iter_in), .dst_i(dst), .src_i(src), .dst_out_i(dst_out), .dst_in_i(dst_in),
    .src_out_i(src_out), .src_in_i(src_in), .prm_i(prm), .prm_out_i(prm_out), .oldest_i(oldest), .active_o(active),
    .waiting_o(waiting), .keep_o(keep_out), .slot_o(slot_out), .failed_o(failed), .done_o(done), .step_o(step), .busy_o(busy),
    .reading_o(reading), .any_o(any), .first_o(first), .last_o(last), .acc_read_o(acc_read), .acc_index_o(acc_index),
    .acc_data_i(acc_data), .prm_read_o(prm_read), .prm_index_o(prm_index), .prm_data_i(prm_data), .write_o(write),
    .write_index_o(write_index), .write_data_o(write_data), .write_narrow_o(write_narrow)
  );

  // The buffers, and what they should hold.
  reg [255:0] accs [0:AccDepth-1], want_accs [0:AccDepth-1];
  reg [63:0]  outs [0:AccDepth-1], want_outs [0:AccDepth-1];
  reg [511:0] prms [0:PrmDepth-1];
  always @(posedge clk) begin
    if (acc_read) acc_data <= accs[acc_index];
    if (prm_read) prm_data <= prms[prm_index];
    if (write && keep_out) accs[write_index] <= write_data;
    if (write && !keep_out) outs[write_index] <= write_narrow;
  end

  integer seed = 3, run, i, j, k, cell_of, d, s, p, greatest, patience, failures_seen = 0, again = 0, dropped = 0;
  reg     fits, drop, ended;

  task expect_elements;
    reg [127:0]        each;
    reg signed [63:0]  value;
    reg signed [31:0]  sum;
    begin
      for (i = 0; i < 32'(iter_out); i = i + 1) for (j = 0; j < 32'(iter_in); j = j + 1) begin
        d = 32'(dst) + i * 32'(dst_out) + j * 32'(dst_in);
        s = 32'(src) + i * 32'(src_out) + j * 32'(src_in);
        p = 32'(prm) + i * 32'(prm_out);
        for (k = 0; k < Cells; k = k + 1) begin
          each = prms[p][128 * (k % BlockOut) +: 128];
          sum = want_accs[s][32 * k +: 32] + each[31:0];
          value = rule(tflite, sum, each[62:32], each[68:64], each[76:72]);
          if (keep) want_accs[d][32 * k +: 32] = value[31:0];
          else want_outs[d][8 * k +: 8] = clamped({{32{value[31]}}, value[31:0]}, each[119:96]);
        end
      end
    end
  endtask

  initial begin
    for (i = 0; i < AccDepth; i = i + 1) begin
      for (j = 0; j < Cells; j = j + 1) accs[i][32 * j +: 32] = $random(seed) >>> ($random(seed) & 31);
      outs[i] = 64'd0;
      want_accs[i] = accs[i];
      want_outs[i] = outs[i];
    end
    for (i = 0; i < PrmDepth; i = i + 1) draw_parameters(seed, prms[i]);
    {cancel, start, oldest} = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    for (run = 0; run < Runs; run = run + 1) begin
      keep = $random(seed);
      tflite = $random(seed);
      iter_out = {$random(seed)} % 4;
      iter_in = {$random(seed)} % 5;
      if (run % 5 != 0 && iter_out == 0) iter_out = 1;
      if (run % 5 != 0 && iter_in == 0) iter_in = 1;
      dst = {$random(seed)} % 12;
      src = {$random(seed)} % 12;
      dst_out = {$random(seed)} % 6;
      dst_in = {$random(seed)} % 4;
      src_out = {$random(seed)} % 6;
      src_in = {$random(seed)} % 4;
      if (run % 3 == 0) {src, src_out, src_in} = {dst, dst_out, dst_in};
      prm = {$random(seed)} % 4;
      prm_out = {$random(seed)} % 2;
      case ({$random(seed)} % 16)
        0: src = 11'd31;
        1: dst_out = 11'd31;
        2: prm = 6'd7;
        default: ;
      endcase
      fits = 1;
      if (iter_out != 0 && iter_in != 0) begin
        fits = 32'(src) + (32'(iter_out) - 1) * 32'(src_out) + (32'(iter_in) - 1) * 32'(src_in) < AccDepth &&
               32'(dst) + (32'(iter_out) - 1) * 32'(dst_out) + (32'(iter_in) - 1) * 32'(dst_in) < AccDepth &&
               32'(prm) + (32'(iter_out) - 1) * 32'(prm_out) < PrmDepth;
      end
      drop = run % 29 == 7;
      start = 1;
      @(negedge clk);
      start = 0;
      check(active === 1'b1 && waiting === 1'b1 && slot_out === 5'd19 && keep_out === keep, 1);
      repeat ({$random(seed)} % 12) @(negedge clk);
      if (drop) begin
        cancel = 1;
        @(negedge clk);
        cancel = 0;
        dropped = dropped + 1;
      end else begin
        check(waiting === 1'b1 && write === 1'b0, 2);
        if (fits) expect_elements;
        oldest = 1;
        ended = 0;
        for (patience = 0; !ended && patience < 1000; patience = patience + 1) begin
          #1;
          check(!(done && failed), 3);
          if (reading && !any) check(first === src[4:0], 4);
          ended = done || failed;
          if (ended) check(failed === !fits, 5);
          if (failed) failures_seen = failures_seen + 1;
          @(negedge clk);
        end
        check(ended, 6);
        oldest = 0;
      end
      repeat (2) begin
        check(active === 1'b0 && write === 1'b0, 7);
        @(negedge clk);
      end
      for (i = 0; i < AccDepth; i = i + 1) check(accs[i] === want_accs[i] && outs[i] === want_outs[i], 8);
    end
    check(failures_seen > 20 && dropped > 10, 9);
    finish_bench;
  end
endmodule
