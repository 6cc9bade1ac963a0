// run_control: how runs begin and end: FINISH, the smallest index of several errors, deadlock, watchdog, answers owed, soft reset.
module run_control_bench;
  `include "bench.svh"
  `include "registers.svh"

  logic         start, soft_reset, misaligned, finish, progress, quiet, engines_rst_n, begin_run, halt, running, clear, busy, done, ended, awake;
  logic [31:0]  watchdog;
  logic [3:0]   failed, faulty, still, queued, active, error_code;
  logic [31:0]  error_insn;
  logic [63:0]  cycles;
  run_control u_run (
    .clk_i(clk), .clk_state_i(clk), .awake_o(awake), .rst_ni(rst_n), .start_i(start), .soft_reset_i(soft_reset), .misaligned_i(misaligned),
    .watchdog_i(watchdog), .insn_count_i(32'd50),
    .finish_i(finish), .failed_i(failed), .faulty_i(faulty), .still_i(still == '1), .queued_i(queued), .active_i(active),
    .fetch_number_i(32'd40), .load_number_i(32'd31), .compute_number_i(32'd22), .store_number_i(32'd13),
    .load_head_i(32'd35), .compute_head_i(32'd25), .store_head_i(32'd15),
    .compute_code_i(4'(ErrorTokens)), .load_fault_i(4'(ErrorOrder)), .compute_fault_i(4'(ErrorEncoding)), .store_fault_i(4'(ErrorBounds)),
    .progress_i(progress), .quiet_i(quiet), .engines_rst_no(engines_rst_n), .begin_o(begin_run), .halt_o(halt), .running_o(running),
    .clear_o(clear), .busy_o(busy), .done_o(done), .ended_o(ended), .error_code_o(error_code), .error_insn_o(error_insn), .cycles_o(cycles)
  );

  integer i, ends = 0;
  always_ff @(posedge clk) if (ended) ends <= ends + 1;

  task launch;
    begin
      start = 1;
      @(negedge clk);
      start = 0;
      failed = 0;
      faulty = 0;
      still = 0;
      queued = 0;
      active = 0;
      check(busy === 1'b1 && done === 1'b0, 1);
    end
  endtask

  // Waits for the end, for at most so many cycles, and compares the error.
  task expect_end(input integer limit, input integer code, input integer insn, input integer place);
    begin
      i = 0;
      while (busy !== 1'b0 && i < limit) begin
        @(negedge clk);
        i = i + 1;
      end
      check(done === 1'b1 && error_code === 4'(code) && error_insn === 32'(insn), place);
    end
  endtask

  initial begin
    {start, soft_reset, misaligned, finish, progress} = 0;
    {failed, faulty, still, queued, active} = 0;
    quiet = 1;
    watchdog = 100;
    repeat (3) @(negedge clk);
    rst_n = 1;
    @(negedge clk);
    check(busy === 1'b0 && done === 1'b0 && halt === 1'b1, 2);

    // FINISH: cycles are those from the start to done; the engines are reset once, then begin.
    launch;
    check(engines_rst_n === 1'b0 && halt === 1'b0, 3);
    @(negedge clk);
    check(engines_rst_n === 1'b1 && begin_run === 1'b1, 4);
    repeat (20) @(negedge clk);
    finish = 1;
    @(negedge clk);
    finish = 0;
    check(done === 1'b1 && error_code === 4'd0 && cycles === 64'd22, 5);

    // Several errors: the smallest index, of what failed or of the next instruction, but only when nobody moves.
    launch;
    @(negedge clk);
    @(negedge clk);
    failed = 4'b0010;
    faulty = 4'b1000;
    still = 4'b1011;
    progress = 1;
    repeat (300) @(negedge clk);
    check(busy === 1'b1, 6);
    still = 4'b1111;
    expect_end(8, ErrorBounds, 15, 7);
    launch;
    @(negedge clk);
    @(negedge clk);
    failed = 4'b0111;
    still = 4'b1111;
    expect_end(8, ErrorTokens, 22, 8);

    // A deadlock: the smallest of the waiting instructions. A program without instructions.
    launch;
    @(negedge clk);
    @(negedge clk);
    queued = 4'b0110;
    still = 4'b1111;
    expect_end(8, ErrorDeadlock, 25, 9);
    launch;
    still = 4'b1111;
    expect_end(8, ErrorNoFinish, 49, 10);

    // The watchdog: not at cycle 99 without progress. Then answers owed are awaited for as long again.
    progress = 0;
    launch;
    active = 4'b1010;
    quiet = 0;
    repeat (99) @(negedge clk);
    check(busy === 1'b1 && halt === 1'b0, 11);
    expect_end(110, ErrorWatchdog, 13, 12);
    check(i > 95, 13);

    // A start waits for the answers, and does not wait for ever.
    launch;
    repeat (50) @(negedge clk);
    check(halt === 1'b1 && busy === 1'b1, 14);
    quiet = 1;
    repeat (2) @(negedge clk);
    check(halt === 1'b0, 15);
    finish = 1;
    @(negedge clk);
    finish = 0;
    check(done === 1'b1 && error_code === 4'd0, 16);
    quiet = 0;
    launch;
    expect_end(210, ErrorWatchdog, 0, 17);
    quiet = 1;
    @(negedge clk);
    check(ends == 8, 18);

    // The soft reset: in a run, it waits for the bus; afterwards nothing is done and nothing is wrong.
    launch;
    repeat (5) @(negedge clk);
    quiet = 0;
    soft_reset = 1;
    @(negedge clk);
    soft_reset = 0;
    repeat (10) @(negedge clk);
    check(busy === 1'b1 && halt === 1'b1 && done === 1'b0, 19);
    quiet = 1;
    @(negedge clk);
    @(negedge clk);
    check(busy === 1'b0 && done === 1'b0 && error_code === 4'd0 && cycles === 64'd0, 20);
    check(ends == 8, 21);
    launch;
    repeat (3) @(negedge clk);
    finish = 1;
    @(negedge clk);
    finish = 0;
    check(done === 1'b1, 22);

    // A start with a misaligned address runs nothing.
    misaligned = 1;
    launch;
    check(halt === 1'b1 && begin_run === 1'b0 && engines_rst_n === 1'b1, 23);
    expect_end(3, ErrorAddress, 0, 24);
    misaligned = 0;
    launch;
    check(halt === 1'b0 && error_code === 4'd0, 25);
    finish_bench;
  end
endmodule
