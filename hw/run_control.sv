// Starts and ends runs. A run ends with FINISH; or, once no engine can move, with the error of the smallest instruction index, or a
// deadlock; or when nothing has moved for as many cycles as the watchdog allows. After an error what the bus has accepted is answered
// first, for at most the watchdog's cycles, then the run is done. Four clients in the order fetch, load, compute, store.
module run_control (
  input  logic         clk_i,
  input  logic         clk_state_i,   // of all but the counts of cycles; may stop while awake_o is low
  output logic         awake_o,
  input  logic         rst_ni,
  input  logic         start_i,       // one cycle; ignored while busy
  input  logic         soft_reset_i,  // one cycle: as soon as the bus owes nothing the device is as after reset, but for its registers
  input  logic         misaligned_i,  // with start_i: an address of the run is not a multiple of 64, which is its error
  input  logic [31:0]  watchdog_i,    // cycles; 0: no limit
  input  logic [31:0]  insn_count_i,

  input  logic         finish_i,      // FINISH is done and nothing is left over
  input  logic [3:0]   failed_i,      // has met an error while it worked, and does nothing more
  input  logic [3:0]   faulty_i,      // or comes no further than its next instruction, which has a fault
  input  logic         still_i,       // none of them can move unless another does
  input  logic [3:0]   queued_i,      // has an instruction to start
  input  logic [3:0]   active_i,      // has something under way
  input  logic [31:0]  fetch_number_i,    // the failed instruction, else the oldest under way
  input  logic [31:0]  load_number_i,
  input  logic [31:0]  compute_number_i,
  input  logic [31:0]  store_number_i,
  input  logic [31:0]  load_head_i,       // the next instruction
  input  logic [31:0]  compute_head_i,
  input  logic [31:0]  store_head_i,
  input  logic [3:0]   compute_code_i,    // Error* of registers.svh: why compute failed
  input  logic [3:0]   load_fault_i,      // what is wrong with the next instruction
  input  logic [3:0]   compute_fault_i,
  input  logic [3:0]   store_fault_i,
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

  assign launch = (state_q == Idle ? start_i && !misaligned_i : state_q == Wait) && quiet_i && !soft_reset_i;
  assign settled = still_i && !starting_q && !begin_q;
  always_comb begin
    over = 1'b0;
    if (state_q == Drain) over = quiet_i || timeout;
  end
  assign reset_end = over && resetting_q;

  // Cycles without progress, in every state that waits for something.
  logic [31:0] stalled_q;
  assign timeout = watchdog_i != '0 && stalled_q >= watchdog_i;
  always_ff @(posedge clk_i) begin
    if (progress_i || state_q == Idle || state_q == Judge) stalled_q <= '0;
    else stalled_q <= stalled_q + 32'd1;
  end

  // The smallest index, in two steps: of each half, then of both. Of an engine that has not failed, its own number counts while it has
  // something under way.
  logic [3:0]  erring, candidates, own;
  logic        late_q, judged_q, erring_q, low_valid_q, high_valid_q, take_high;
  logic [31:0] low_q, high_q;
  logic [3:0]  low_code_q, high_code_q;
  always_comb begin
    erring = 'x;
    candidates = 'x;
    own = 'x;
    if (state_q == Judge) begin
      erring = failed_i | faulty_i;
      own = (erring != '0) ? failed_i : active_i;
      candidates = (erring != '0) ? erring : late_q ? own : queued_i;
    end
  end
  assign take_high = high_valid_q && (!low_valid_q || high_q < low_q);

  function automatic logic second(input logic first_valid, input logic [31:0] first, input logic second_valid, input logic [31:0] other);
    second = second_valid && (!first_valid || other < first);
  endfunction

  always_ff @(posedge clk_state_i) begin
    judged_q <= rst_ni && state_q == Judge;
    if (state_q == Judge) begin
      erring_q <= erring != '0;
      low_valid_q <= candidates[1:0] != '0;
      high_valid_q <= candidates[3:2] != '0;
      if (second(candidates[0], fetch_number_i, candidates[1], own[1] ? load_number_i : load_head_i)) begin
        low_q <= own[1] ? load_number_i : load_head_i;
        low_code_q <= failed_i[1] ? 4'(ErrorRead) : load_fault_i;
      end else begin
        low_q <= fetch_number_i;
        low_code_q <= 4'(ErrorRead);
      end
      if (second(candidates[2], own[2] ? compute_number_i : compute_head_i, candidates[3], own[3] ? store_number_i : store_head_i)) begin
        high_q <= own[3] ? store_number_i : store_head_i;
        high_code_q <= failed_i[3] ? 4'(ErrorWrite) : store_fault_i;
      end else begin
        high_q <= own[2] ? compute_number_i : compute_head_i;
        high_code_q <= failed_i[2] ? compute_code_i : compute_fault_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_o) cycles_q <= '0;
    else if (running_o) cycles_q <= cycles_q + 64'd1;
  end

  always_ff @(posedge clk_state_i) begin
    ended_q <= 1'b0;
    if (!rst_ni) begin
      state_q <= Idle;
      resetting_q <= 1'b0;
      done_q <= 1'b0;
      late_q <= 1'b0;
      error_code_o <= 4'(ErrorNone);
      error_insn_o <= '0;
    end else begin
      case (state_q)
        Idle: begin
          if (start_i) begin
            state_q <= misaligned_i ? Drain : quiet_i ? Run : Wait;
            done_q <= 1'b0;
            late_q <= 1'b0;
            error_code_o <= misaligned_i ? 4'(ErrorAddress) : 4'(ErrorNone);
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
              error_code_o <= !erring_q ? (late_q ? 4'(ErrorWatchdog) : 4'(ErrorDeadlock)) : take_high ? high_code_q : low_code_q;
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
        error_code_o <= 4'(ErrorNone);
        error_insn_o <= '0;
      end
    end
    // A reset of the engines for one cycle; the run begins in the next.
    rst_nq <= rst_ni && !launch && !reset_end;
    starting_q <= rst_ni && launch;
    begin_q <= rst_ni && starting_q;
  end

  logic changing;
  always_comb begin
    changing = 1'b0;
    if (state_q != Run || !rst_nq || starting_q || begin_q || start_i || soft_reset_i) changing = 1'b1;
  end
  assign awake_o = changing || finish_i || settled || timeout;
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
  FinishWithoutErrors: assert property (@(posedge clk_i) disable iff (!rst_ni) (finish_i && state_q == Run) |-> (failed_i | faulty_i) == '0);
`endif
endmodule
