// retire_list against a queue in plain integers: random starts, completions of three kinds in any order, retirement in program order.
module retire_list_bench;
  `include "bench.svh"

  logic        start = 1'b0, room, step_done = 1'b0, load_done = 1'b0, requantize_done = 1'b0, empty, retire;
  logic [2:0]  slot, step_slot = 3'd0, load_slot = 3'd0, requantize_slot = 3'd0, oldest;
  logic [31:0] number = 32'd0, retire_number, asked;
  logic [1:0]  push = 2'd0, retire_push;
  retire_list #(.Depth(8)) u_list (
    .clk_i(clk),
    .rst_ni(rst_n),
    .start_i(start),
    .start_number_i(number),
    .start_push_i(push),
    .room_o(room),
    .start_slot_o(slot),
    .step_done_i(step_done),
    .step_slot_i(step_slot),
    .load_done_i(load_done),
    .load_slot_i(load_slot),
    .requantize_done_i(requantize_done),
    .requantize_slot_i(requantize_slot),
    .empty_o(empty),
    .oldest_o(oldest),
    .retire_o(retire),
    .retire_number_o(retire_number),
    .retire_push_o(retire_push),
    .number_slot_i(oldest),
    .number_o(asked)
  );

  // Model: instructions [head, tail) are under way; kind 0 to 2 says who completes them, 3 that they have.
  integer     i, k, head = 0, tail = 0, seed = 3, most = 0;
  integer     kind [0:8191];
  logic [1:0] pushes [0:8191];
  integer     retired;

  // The oldest of a kind, or -1.
  function automatic integer oldest_of(input integer which);
    integer n;
    begin
      oldest_of = -1;
      for (n = tail - 1; n >= head; n = n - 1) if (kind[n] == which) oldest_of = n;
    end
  endfunction

  initial begin
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    for (i = 0; i < 5000; i = i + 1) begin
      @(negedge clk);
      number = tail;
      push = $random(seed);
      start = room && ($random(seed) & 3) != 0;
      step_done = 1'b0;
      load_done = 1'b0;
      requantize_done = 1'b0;
      // Each unit completes its oldest.
      if (oldest_of(0) >= 0 && ($random(seed) & 3) != 0) begin
        step_done = 1'b1;
        step_slot = oldest_of(0);
      end
      if (oldest_of(1) >= 0 && ($random(seed) & 3) == 0) begin
        load_done = 1'b1;
        load_slot = oldest_of(1);
      end
      if (oldest_of(2) >= 0 && ($random(seed) & 7) == 0) begin
        requantize_done = 1'b1;
        requantize_slot = oldest_of(2);
      end
      if (step_done) kind[oldest_of(0)] = 3;
      if (load_done) kind[oldest_of(1)] = 3;
      if (requantize_done) kind[oldest_of(2)] = 3;
      #1;
      check(empty === (head == tail), 1);
      check(room === (tail - head < 8), 2);
      check(retire === (head != tail && kind[head] == 3), 3);
      if (retire) begin
        check(retire_number === head && asked === head, 4);
        check(retire_push === pushes[head], 5);
        head = head + 1;
      end else begin
        check(retire_push === 2'd0, 6);
      end
      if (start) begin
        check(slot === tail % 8, 7);
        kind[tail] = ($random(seed) & 7) == 0 ? 2 : ($random(seed) & 3) == 0 ? 1 : 0;
        pushes[tail] = push;
        tail = tail + 1;
      end
      if (tail - head > most) most = tail - head;
    end
    check(most == 8 && head > 1000, 8);
    finish_bench;
  end
endmodule
