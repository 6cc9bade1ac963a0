// Starts and ends runs. A run ends with FINISH; or, once no engine can move, with the error of the smallest instruction index, or a
// deadlock; or when nothing has moved for as many cycles as the watchdog allows. After an error what the bus has accepted is answered
// first, for at most the watchdog's cycles, then the run is done. Four clients in the order fetch, load, compute, store.
module run_control (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         start_i,       // one cycle; ignored while busy
  input  logic         soft_reset_i,  // one cycle: as soon as the bus owes nothing the device is as after reset, but for its registers
  input  logic [31:0]  watchdog_i,    // cycles; 0: no limit
  input  logic [31:0]  insn_count_i,

  input  logic         finish_i,      // FINISH is done and nothing is left over
  input  logic [3:0]   failed_i,      // has met an error, and does nothing more
  input  logic [15:0]  code_i,        // Error* of registers.svh
  input  logic [127:0] number_i,      // the instruction's index
  input  logic [3:0]   still_i,       // cannot move unless another does
  input  logic [3:0]   queued_i,      // has an instruction to start
  input  logic [3:0]   active_i,      // has something under way
  input  logic [127:0] waiting_i,     // index of the oldest instruction under way, else of the next one
  input  logic         progress_i,    // something moves in this cycle
  input  logic         quiet_i,       // the bus owes nothing, and nothing is owed to it

  output logic         engines_rst_no,
  output logic         begin_o,       // one cycle after the engines' reset
  output logic         halt_o,        // no run: drop everything, but finish what the bus was promised
  output logic         running_o,     // the cycles count
  output logic         clear_o,       // a start is accepted, or a soft reset
  output logic         busy_o,
  output logic         done_o,
  output logic         ended_o,       // one cycle: done_o has risen
  output logic [3:0]   error_code_o,
  output logic [31:0]  error_insn_o,
  output logic [63:0]  cycles_o
);
  `include "registers.svh"
  localparam logic [2:0] Idle = 3'd0;
  localparam logic [2:0] Wait = 3'd1;   // started, but the bus owes answers from before
  localparam logic [2:0] Run = 3'd2;
  localparam logic [2:0] Judge = 3'd3;  // which error it was
  localparam logic [2:0] Drain = 3'd4;

  logic [2:0]  state_q;
  logic        resetting_q, done_q, ended_q, rst_nq, starting_q, begin_q;
  logic [63:0] cycles_q;
  logic        launch, settled, timeout, over, reset_end;

  assign launch = (state_q == Idle ? start_i : state_q == Wait) && quiet_i && !soft_reset_i;
  assign settled = still_i == '1 && !starting_q && !begin_q;
  assign over = state_q == Drain && (quiet_i || timeout);
  assign reset_end = over && resetting_q;

  // Cycles without progress, in every state that waits for something.
  logic [31:0] stalled_q;
  assign timeout = watchdog_i != '0 && stalled_q >= watchdog_i;
  always_ff @(posedge clk_i) begin
    if (progress_i || state_q == Idle || state_q == Judge) stalled_q <= '0;
    else stalled_q <= stalled_q + 32'd1;
  end

  // The smallest index, in two steps: {valid, client} of each half, then of both.
  logic [3:0]  candidates;
  logic        low_valid_q, high_valid_q, failed_q, late_q;
  logic [31:0] low_q, high_q;
  logic [3:0]  low_code_q, high_code_q, other_code;
  logic [127:0] numbers;
  logic        low_second, high_second, take_high;
  assign candidates = (failed_i != '0) ? failed_i : late_q ? active_i : queued_i;
  assign numbers = (failed_i != '0) ? number_i : waiting_i;
  assign low_second = candidates[1] && (!candidates[0] || numbers[32 +: 32] < numbers[0 +: 32]);
  assign high_second = candidates[3] && (!candidates[2] || numbers[96 +: 32] < numbers[64 +: 32]);
  assign take_high = high_valid_q && (!low_valid_q || high_q < low_q);
  assign other_code = late_q ? 4'(ErrorWatchdog) : 4'(ErrorDeadlock);

  logic judged_q;
  always_ff @(posedge clk_i) begin
    if (state_q == Judge) begin
      low_valid_q <= candidates[1:0] != '0;
      high_valid_q <= candidates[3:2] != '0;
      failed_q <= failed_i != '0;
      low_q <= low_second ? numbers[32 +: 32] : numbers[0 +: 32];
      high_q <= high_second ? numbers[96 +: 32] : numbers[64 +: 32];
      low_code_q <= low_second ? code_i[4 +: 4] : code_i[0 +: 4];
      high_code_q <= high_second ? code_i[12 +: 4] : code_i[8 +: 4];
    end
    judged_q <= rst_ni && state_q == Judge;
  end

  always_ff @(posedge clk_i) begin
    ended_q <= 1'b0;
    if (!rst_ni) begin
      state_q <= Idle;
      resetting_q <= 1'b0;
      done_q <= 1'b0;
      late_q <= 1'b0;
      cycles_q <= '0;
      error_code_o <= 4'(ErrorNone);
      error_insn_o <= '0;
    end else begin
      if (state_q == Run || state_q == Judge || (state_q == Drain && !resetting_q)) cycles_q <= cycles_q + 64'd1;
      case (state_q)
        Idle: begin
          if (start_i) begin
            state_q <= quiet_i ? Run : Wait;
            done_q <= 1'b0;
            late_q <= 1'b0;
            cycles_q <= '0;
            error_code_o <= 4'(ErrorNone);
            error_insn_o <= '0;
          end
        end
        Wait: begin
          if (quiet_i) begin
            state_q <= Run;
          end else if (timeout) begin
            state_q <= Drain;
            error_code_o <= 4'(ErrorWatchdog);
          end
        end
        Run: begin
          if (finish_i) begin
            state_q <= Idle;
            done_q <= 1'b1;
            ended_q <= 1'b1;
          end else if (settled || timeout) begin
            state_q <= Judge;
            late_q <= !settled;
          end
        end
        Judge: state_q <= Drain;
        default: begin  // Drain
          if (judged_q && !resetting_q) begin
            if (!low_valid_q && !high_valid_q) begin
              error_code_o <= 4'(ErrorNoFinish);  // a program without instructions
              error_insn_o <= insn_count_i - 32'd1;
            end else begin
              error_code_o <= !failed_q ? other_code : take_high ? high_code_q : low_code_q;
              error_insn_o <= take_high ? high_q : low_q;
            end
          end else if (over) begin
            state_q <= Idle;
            resetting_q <= 1'b0;
            done_q <= !resetting_q;
            ended_q <= !resetting_q;
          end
        end
      endcase
      if (soft_reset_i) begin
        state_q <= Drain;
        resetting_q <= 1'b1;
        done_q <= 1'b0;
        ended_q <= 1'b0;
        cycles_q <= '0;
        error_code_o <= 4'(ErrorNone);
        error_insn_o <= '0;
      end
    end
    // A reset of the engines for one cycle; the run begins in the next.
    rst_nq <= rst_ni && !launch && !reset_end;
    starting_q <= rst_ni && launch;
    begin_q <= rst_ni && starting_q;
  end

  assign engines_rst_no = rst_nq;
  assign begin_o = begin_q;
  assign halt_o = state_q != Run && state_q != Judge;
  assign running_o = state_q == Run || state_q == Judge || (state_q == Drain && !resetting_q);
  assign clear_o = soft_reset_i || (state_q == Idle && start_i);
  assign busy_o = state_q != Idle;
  assign done_o = done_q;
  assign ended_o = ended_q;
  assign cycles_o = cycles_q;

`ifdef VERILATOR
  ErrorStays: assert property (@(posedge clk_i) disable iff (!rst_ni)
      (error_code_o != 4'(ErrorNone) && !start_i && !soft_reset_i) |=> ($stable(error_code_o) && $stable(error_insn_o)));
  DoneEndsTheRun: assert property (@(posedge clk_i) disable iff (!rst_ni) !(done_o && busy_o));
  FinishWithoutErrors: assert property (@(posedge clk_i) disable iff (!rst_ni) (finish_i && state_q == Run) |-> failed_i == '0);
`endif
endmodule
