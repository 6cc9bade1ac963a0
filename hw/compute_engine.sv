// Executes what is in the compute queue: GEMM, MAC and ALU instructions, one micro-op per cycle (ALU: per AluGroups cycles) through one
// pipeline, whatever the dependences: results are forwarded at distance 1 and 2, farther ones are read from memory; REQUANTIZE in a unit of
// its own, while younger MACs go on; LOADs of micro-ops and accumulators; CONFIG; FINISH. Instructions start in order and without a gap,
// retire in order, and mean what they mean one after the other:
// - a REQUANTIZE begins when all before it has been written; meanwhile, and until it has read its last accumulator, steps of younger MACs
//   that touch its sources wait at I; everything else waits for its end;
// - a LOAD of accumulators waits for the last step before it; a LOAD of micro-ops that the running loop does not use does not wait. The next
//   loop waits for both.
//
//   S sequencer | U micro-op | I indices | M operands | products, tree ... | R accumulators read | X execute | W write
module compute_engine #(
  parameter int AddrBits = 48,
  parameter int BusBytes = 8,
  parameter int Batch = 1,
  parameter int BlockIn = 16,
  parameter int BlockOut = 16,
  parameter int UopDepth = 8192,
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int RequantLanes = 16,
  parameter int DepthwiseWidth = 1,
  parameter int AluLanes = 16,
  parameter int ExtendedAlu = 1,
  parameter int DspPacking = 0,
  parameter int InsnWidth = 128,
  parameter int IndexBits = 24,
  parameter int ChunkBits = 8,
  localparam int BusBits = 8 * BusBytes,
  localparam int LaneBits = $clog2(BusBytes) + 1,
  localparam int CommandBits = InsnWidth + 33,
  localparam int InpWidth = Batch * BlockIn * 8,
  localparam int WgtWidth = BlockOut * BlockIn * 8,
  localparam int InpReads = (DepthwiseWidth > 1) ? DepthwiseWidth : 1,  // elements of the input read together
  localparam int PrmWidth = 128 * BlockOut,
  localparam int PrmBits = (PrmDepth > 1) ? $clog2(PrmDepth) : 1,
  localparam int Lanes = Batch * BlockOut,
  localparam int AccWidth = 32 * Lanes
) (
  input  logic                         clk_i,
  input  logic                         clk_read_i,        // of LOADs; may stop while read_awake_o is low
  input  logic                         clk_requantize_i,  // of REQUANTIZE; may stop while requantize_awake_o is low
  output logic                         read_awake_o,
  output logic                         requantize_awake_o,
  input  logic                         rst_ni,
  input  logic                         halt_i,
  input  logic [AddrBits-1:0]          uop_base_i,
  input  logic [AddrBits-1:0]          acc_base_i,

  input  logic                         command_valid_i,
  output logic                         command_ready_o,
  input  logic [CommandBits-1:0]       command_i,
  input  logic                         others_idle_i,   // load and store have drained
  input  logic                         tokens_left_i,

  // Tokens: bit 0 load, bit 1 store.
  input  logic [1:0]                   token_available_i,
  output logic [1:0]                   token_pop_o,
  input  logic [1:0]                   token_space_i,
  output logic [1:0]                   token_reserve_o,
  output logic [1:0]                   token_push_o,

  output logic                         burst_valid_o,
  input  logic                         burst_ready_i,
  output logic [AddrBits-1:0]          burst_addr_o,
  output logic [7:0]                   burst_len_o,
  input  logic                         beat_valid_i,
  output logic                         beat_ready_o,
  input  logic [BusBits-1:0]           beat_data_i,
  input  logic                         beat_error_i,

  output logic                         inp_read_o,
  output logic [$clog2(InpDepth)-1:0]  inp_index_o,
  input  logic [InpReads*InpWidth-1:0] inp_data_i,
  output logic                         wgt_read_o,
  output logic [$clog2(WgtDepth)-1:0]  wgt_index_o,
  input  logic [WgtWidth-1:0]          wgt_data_i,
  output logic                         prm_read_o,
  output logic [PrmBits-1:0]           prm_index_o,
  input  logic [PrmWidth-1:0]          prm_data_i,

  input  logic                         store_en_i,
  input  logic [IndexBits-1:0]         store_index_i,
  input  logic [ChunkBits-1:0]         store_chunk_i,
  input  logic [LaneBits-1:0]          store_first_i,
  input  logic [LaneBits-1:0]          store_count_i,
  output logic [BusBits-1:0]           store_data_o,

  output logic                         retire_o,
  output logic [31:0]                  retire_number_o,
  output logic                         finish_o,       // FINISH has been executed
  output logic                         gemm_step_o,    // a multiplication of GEMM or MAC is started
  output logic                         alu_step_o,
  output logic                         depthwise_step_o,
  output logic                         requantize_step_o,
  output logic                         idle_o,         // no instruction is under way
  output logic                         busy_o,
  output logic                         wait_load_o,    // the next instruction waits for a token
  output logic                         wait_store_o,
  output logic                         wait_space_o,
  output logic                         wait_memory_o,  // a LOAD waits for data
  output logic [LaneBits-1:0]          uop_bytes_o,    // brought by the beat that is written in this cycle
  output logic [LaneBits-1:0]          acc_bytes_o,
  output logic                         failed_o,       // has met an error; stays
  output logic [3:0]                   failed_code_o,  // Error* of registers.svh
  output logic [31:0]                  number_o        // of the instruction that failed, else of the oldest LOAD under way
);
  `include "isa.svh"
  `include "registers.svh"
  localparam int FactorBits = (SrcIndexW > WgtIndexW) ? SrcIndexW : WgtIndexW;
  localparam int OffsetBits = FactorBits + 16;
  localparam int TreeStages = ($clog2(BlockIn) + 1) / 2;
  localparam int Read = TreeStages + 1;  // pipeline stages, counted from I
  localparam int Execute = TreeStages + 2;
  localparam int Write = TreeStages + 3;
  localparam int AccIndexBits = $clog2(AccDepth);
  localparam int AluGroups = Lanes / AluLanes;
  localparam int GroupBits = (AluGroups > 1) ? $clog2(AluGroups) : 1;
  localparam int SlotBits = 5;  // instructions under way
  localparam logic [1:0] KindUop = 2'd0;
  localparam logic [1:0] KindAcc = 2'd1;
  localparam logic [1:0] KindAcc8 = 2'd2;

  // The instruction at the queue's head.
  logic                 legal;
  logic [31:0]          number;
  logic [InsnWidth-1:0] insn;
  assign {legal, number, insn} = command_i;

  logic [3:0]           flags;
  logic                 is_load, is_uop, is_wgt, is_inp, is_acc, is_acc8, is_prm, load_empty;
  logic [IndexBits-1:0] sram_base;
  logic [31:0]          dram_base;
  logic [15:0]          y_size, x_size, x_stride;
  logic [3:0]           y_pad_0, y_pad_1, x_pad_0, x_pad_1;
  block_decoder #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .InsnWidth(InsnWidth), .IndexBits(IndexBits)
  ) u_decoder (
    .insn_i(insn), .flags_o(flags), .load_o(is_load), .uop_o(is_uop), .wgt_o(is_wgt), .inp_o(is_inp), .acc_o(is_acc), .acc8_o(is_acc8),
    .prm_o(is_prm), .empty_o(load_empty), .sram_base_o(sram_base), .dram_base_o(dram_base), .y_size_o(y_size), .x_size_o(x_size),
    .x_stride_o(x_stride), .y_pad_0_o(y_pad_0), .y_pad_1_o(y_pad_1), .x_pad_0_o(x_pad_0), .x_pad_1_o(x_pad_1)
  );

  logic                  is_alu, is_mac, is_loop, depthwise, reset, overwrite, extended, use_imm;
  logic [6:0]            operation;
  logic [15:0]           imm;
  logic [UopIndexW-1:0]  uop_bgn;
  logic [UopIndexW:0]    uop_end;
  logic [13:0]           iter_out, iter_in;
  logic [FactorBits-1:0] dst_out, dst_in, src_out, src_in, wgt_out, wgt_in;
  loop_decoder #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .InsnWidth(InsnWidth), .UopIndexBits(UopIndexW), .FactorBits(FactorBits)
  ) u_loop_decoder (
    .insn_i(insn), .loop_o(is_loop), .alu_o(is_alu), .mac_o(is_mac), .depthwise_o(depthwise), .reset_o(reset), .overwrite_o(overwrite),
    .extended_o(extended), .use_imm_o(use_imm), .operation_o(operation), .imm_o(imm), .uop_bgn_o(uop_bgn), .uop_end_o(uop_end),
    .iter_out_o(iter_out), .iter_in_o(iter_in), .dst_out_o(dst_out), .dst_in_o(dst_in), .src_out_o(src_out), .src_in_o(src_in),
    .wgt_out_o(wgt_out), .wgt_in_o(wgt_in)
  );

  logic is_finish, is_requantize, is_config, no_steps, uops_beyond;
  assign is_finish = insn[InsnOpLsb +: InsnOpW] == OpFinish;
  assign is_requantize = RequantLanes > 0 && insn[InsnOpLsb +: InsnOpW] == OpRequantize;
  assign is_config = ExtendedAlu > 0 && insn[InsnOpLsb +: InsnOpW] == OpConfig && !extended;
  assign no_steps = !is_loop || uop_end <= {1'b0, uop_bgn} || iter_out == '0 || iter_in == '0;
  assign uops_beyond = is_loop && !no_steps && 32'(uop_end) > UopDepth;

  // Start: tokens, then a place to run.
  logic [1:0] pops, pushes;
  logic tokens_ready, space_ready, to_reader, to_steps, may_start, uops_apart, reader_may, requantize_lets;
  logic start_loop, start_load, start_requantize, start_finish, start_listed;
  logic seq_ready, reader_ready, reader_idle, idle_q, idle_d, list_room, list_empty, drained;
  logic requantize_active, requantize_waiting, requantize_keep;
  assign pops = flags[1:0];
  assign pushes = flags[3:2];
  assign tokens_ready = (pops & ~token_available_i) == '0;
  assign space_ready = (pushes & ~token_space_i) == '0;
  assign to_reader = is_load && !load_empty;
  assign to_steps = !to_reader && !is_finish && !is_requantize;
  assign drained = idle_q && reader_idle && list_empty;
  // What is known of the head alone, then what depends on the cycle (and how it stands with the one kind of instruction that the head is).
  assign may_start = command_valid_i && legal && !uops_beyond && tokens_ready && space_ready && !halt_i && !failed_q;
  assign requantize_lets = !requantize_active || (is_mac && !requantize_keep);
  always_comb begin
    start_loop = 1'b0;
    reader_may = 1'b0;
    start_requantize = 1'b0;
    start_finish = 1'b0;
    if (may_start && list_room) begin
      if (to_steps) start_loop = seq_ready && reader_idle && requantize_lets;
      else if (to_reader) reader_may = is_uop ? (seq_ready || uops_apart) : (seq_ready && !requantize_active);
      else if (is_finish) start_finish = drained && others_idle_i;
      else start_requantize = !requantize_active;
    end
  end
  assign start_load = reader_may && reader_ready;
  assign start_listed = start_loop || start_load || start_requantize;
  assign command_ready_o = start_listed || start_finish;
  assign token_pop_o = command_ready_o ? pops : '0;
  assign token_reserve_o = command_ready_o ? pushes : '0;

  // Which pops FINISH makes is known one cycle later in tokens_left_i; a push of its own is always left over.
  logic       finish_q;
  logic [1:0] finish_push_q;
  logic [31:0] finish_number_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || halt_i) finish_q <= 1'b0;
    else finish_q <= start_finish;
    if (start_finish) begin
      finish_push_q <= pushes;
      finish_number_q <= number;
    end
  end
  always_comb begin
    finish_o = 1'b0;
    if (finish_q) finish_o = !tokens_left_i && finish_push_q == '0;
  end

  // CONFIG.
  logic [31:0] acc_pad_q, alu_immediate_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      acc_pad_q <= '0;
      alu_immediate_q <= '0;
    end else if (start_loop && is_config) begin
      if (insn[ConfigStateLsb +: ConfigStateW] == StateAccPad) acc_pad_q <= insn[ConfigValueLsb +: ConfigValueW];
      if (insn[ConfigStateLsb +: ConfigStateW] == StateAluImmediate) alu_immediate_q <= insn[ConfigValueLsb +: ConfigValueW];
    end
  end

  // Instructions under way, and what their steps need at X.
  localparam int InfoBits = 32 + 7 + 7;
  logic [SlotBits-1:0] start_slot, oldest, w_slot, load_slot, i_slot;
  logic [InfoBits-1:0] info [0:(1<<SlotBits)-1];
  logic                w_done, loaded, retired, requantize_done;
  logic [31:0]         retired_number, i_number;
  logic [1:0]          retired_push;
  logic [SlotBits-1:0] requantize_slot;
  always_ff @(posedge clk_i) begin
    if (start_loop) begin
      info[start_slot] <= {extended ? alu_immediate_q : {{16{imm[15]}}, imm}, operation, extended, use_imm, is_alu, reset, overwrite, is_mac,
                           depthwise};
    end
  end
  retire_list #(.Depth(1 << SlotBits)) u_list (
    .clk_i,
    .rst_ni,
    .start_i(start_listed),
    .start_number_i(number),
    .start_push_i(pushes),
    .room_o(list_room),
    .start_slot_o(start_slot),
    .step_done_i(w_done),
    .step_slot_i(w_slot),
    .load_done_i(loaded),
    .load_slot_i(load_slot),
    .requantize_done_i(requantize_done),
    .requantize_slot_i(requantize_slot),
    .empty_o(list_empty),
    .oldest_o(oldest),
    .retire_o(retired),
    .retire_number_o(retired_number),
    .retire_push_o(retired_push),
    .number_slot_i(requantize_failed ? requantize_slot : i_slot),
    .number_o(i_number)
  );

  // The first error. What is older than the failing step or LOAD still completes; it and all behind it neither write `out` nor push.
  logic        failed_q, fails, flush, overrun, uops_fail, tokens_fail, reader_failed, requantize_failed, requantize_cancel;
  logic [31:0] reader_number, failed_number_q;
  always_comb begin
    uops_fail = 1'b0;
    if (uops_beyond) uops_fail = command_valid_i && legal && tokens_ready && space_ready && drained && !halt_i;
  end
  assign tokens_fail = finish_q && !finish_o;
  assign flush = overrun || failed_q;
  assign fails = !failed_q && (overrun || uops_fail || tokens_fail || reader_failed || requantize_failed);
  always_ff @(posedge clk_read_i) begin
    if (!rst_ni) begin
      failed_q <= 1'b0;
    end else if (fails) begin
      failed_q <= 1'b1;
      failed_code_o <= tokens_fail ? 4'(ErrorTokens) : reader_failed ? 4'(ErrorRead) : 4'(ErrorBounds);
      failed_number_q <= requantize_failed || overrun ? i_number : tokens_fail ? finish_number_q : reader_failed ? reader_number : number;
    end
  end
  assign failed_o = failed_q;
  assign number_o = failed_q ? failed_number_q : reader_number;

  // S: micro-op addresses and loop offsets.
  logic                  seq_active, seq_valid, seq_last, seq_final, hold;
  logic [UopIndexW-1:0]  seq_uop, seq_bgn, seq_end;
  logic [GroupBits-1:0]  seq_group;
  logic [OffsetBits-1:0] seq_dst, seq_src, seq_wgt;
  loop_sequencer #(.UopIndexBits(UopIndexW), .FactorBits(FactorBits), .OffsetBits(OffsetBits), .GroupBits(GroupBits)) u_sequencer (
    .clk_i,
    .rst_ni,
    .halt_i(halt_i || flush),
    .hold_i(hold),
    .start_i(start_loop),
    .ready_o(seq_ready),
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
    .groups_i(is_alu ? GroupBits'(AluGroups - 1) : '0),
    .skip_i(no_steps),
    .active_o(seq_active),
    .valid_o(seq_valid),
    .last_o(seq_last),
    .uop_o(seq_uop),
    .group_o(seq_group),
    .final_o(seq_final),
    .dst_o(seq_dst),
    .src_o(seq_src),
    .wgt_o(seq_wgt),
    .uop_bgn_o(seq_bgn),
    .uop_end_o(seq_end)
  );
  // A LOAD of one row of micro-ops may overtake the steps of a loop over others.
  assign uops_apart = y_size == 16'd1 && {y_pad_0, y_pad_1, x_pad_0, x_pad_1} == '0 &&
                      (IndexBits'(seq_end) < sram_base || sram_base + IndexBits'(x_size) <= IndexBits'(seq_bgn));

  // What accompanies a step up to I: {slot, multiplies, depthwise, reads acc[src]}. Young: it is younger than the REQUANTIZE under way.
  localparam int KindBits = SlotBits + 3;
  logic [KindBits-1:0]  seq_kind_q, u_kind_q, i_kind_q;
  logic                 seq_young_q, u_young_q, i_young_q;
  logic                 i_multiplies, i_depthwise, i_src;
  assign {i_slot, i_multiplies, i_depthwise, i_src} = i_kind_q;
  always_ff @(posedge clk_i) begin
    if (start_loop) seq_kind_q <= {start_slot, !is_alu && !reset && is_loop, depthwise, is_alu && !use_imm};
    if (start_requantize) seq_young_q <= 1'b0;
    else if (start_loop) seq_young_q <= requantize_active;
  end
  assign gemm_step_o = seq_valid && seq_kind_q[2:1] == 2'b10 && !hold;
  assign depthwise_step_o = seq_valid && seq_kind_q[2:1] == 2'b11 && !hold;

  // U: the micro-op arrives.
  logic [UopBits-1:0]    uop;
  logic                  u_valid_q, u_last_q, u_final_q;
  logic [GroupBits-1:0]  u_group_q;
  logic [OffsetBits-1:0] u_dst_q, u_src_q, u_wgt_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || halt_i || flush) begin
      u_valid_q <= 1'b0;
      u_last_q <= 1'b0;
    end else if (!hold) begin
      u_valid_q <= seq_valid;
      u_last_q <= seq_last;
    end
    if (seq_active && !hold) begin
      u_dst_q <= seq_dst;
      u_src_q <= seq_src;
      u_wgt_q <= seq_wgt;
      u_group_q <= seq_group;
      u_final_q <= seq_final;
      u_kind_q <= seq_kind_q;
    end
    if (start_requantize) u_young_q <= 1'b0;
    else if (seq_active && !hold) u_young_q <= seq_young_q;
  end

  // I and on: bit s is stage s, 0 is I. Behind I nothing waits.
  logic [Write:0]        valid_q, last_q, gemm_q, depthwise_q;  // gemm, depthwise: the step multiplies
  logic [OffsetBits-1:0] i_dst_q, i_src_q, i_wgt_q;
  logic [GroupBits-1:0]  i_group_q;
  logic                  i_final_q, in_bounds, inp_bounds, wgt_bounds, in_the_way, requantize_reading, requantize_any;
  logic [AccIndexBits-1:0] requantize_first, requantize_last;
  // Only what the step uses is checked.
  localparam int Taps = InpReads;
  localparam int LastTaps = InpDepth - Taps;  // the last place of the input where a depthwise step can begin
  localparam int VectorBits = $clog2(BlockIn);
  localparam int TapBits = (Taps > 1) ? $clog2(Taps) : 1;
  assign inp_bounds = i_src_q < OffsetBits'(InpDepth) && (!i_depthwise || i_src_q <= OffsetBits'(LastTaps));
  assign wgt_bounds = i_depthwise ? (i_wgt_q >> VectorBits) < OffsetBits'(WgtDepth) && (Taps == 1 || i_wgt_q[TapBits-1:0] == '0)
                                  : i_wgt_q < OffsetBits'(WgtDepth);
  always_comb begin
    in_bounds = i_dst_q < OffsetBits'(AccDepth);
    if (i_multiplies) begin
      if (!inp_bounds || !wgt_bounds) in_bounds = 1'b0;
    end
    if (i_src) begin
      if (i_src_q >= OffsetBits'(AccDepth)) in_bounds = 1'b0;
    end
  end
  // A step that is wrong waits until it is known that the REQUANTIZE before it is not.
  assign in_the_way = !in_bounds ? requantize_waiting : requantize_reading &&
                      (requantize_any || (i_dst_q[AccIndexBits-1:0] >= requantize_first && i_dst_q[AccIndexBits-1:0] <= requantize_last));
  always_comb begin
    hold = 1'b0;
    if (RequantLanes > 0 && i_young_q) hold = valid_q[0] && in_the_way;
    overrun = 1'b0;
    if (valid_q[0] && !in_bounds) overrun = !hold;
  end

  // Whether the pipeline is empty is decided a cycle ahead, since it changes seldom.
  assign idle_d = (!rst_ni || halt_i) ? 1'b1
                : (flush || (!seq_active && !start_loop && !u_valid_q && !u_last_q))
                    ? !hold && !(valid_q[0] && in_bounds) && !(last_q[0] && !overrun) && valid_q[Write-1:1] == '0 && last_q[Write-1:1] == '0
                    : 1'b0;
  always_ff @(posedge clk_read_i) begin
    idle_q <= idle_d;
  end

  always_ff @(posedge clk_i) begin
    if (u_valid_q && !hold) begin
      i_dst_q <= u_dst_q + OffsetBits'(uop[UopDstLsb +: UopDstW]);
      i_src_q <= u_src_q + OffsetBits'(uop[UopSrcLsb +: UopSrcW]);
      i_wgt_q <= u_wgt_q + OffsetBits'(uop[UopWgtLsb +: UopWgtW]);
      i_group_q <= u_group_q;
      i_final_q <= u_final_q;
    end
    if ((u_valid_q || u_last_q) && !hold) i_kind_q <= u_kind_q;
    if (start_requantize) i_young_q <= 1'b0;
    else if (u_valid_q && !hold) i_young_q <= u_young_q;
    if (!rst_ni || halt_i) begin
      valid_q <= '0;
      last_q <= '0;
      gemm_q <= '0;
      depthwise_q <= '0;
    end else if (!hold && !flush) begin
      valid_q <= {valid_q[Write-1:0], u_valid_q};
      last_q <= {last_q[Write-1:0], u_last_q};
      gemm_q <= {gemm_q[Write-1:0], u_valid_q && u_kind_q[2:1] == 2'b10};
      depthwise_q <= {depthwise_q[Write-1:0], u_valid_q && u_kind_q[2:1] == 2'b11};
    end else begin
      valid_q <= {valid_q[Write-1:1], valid_q[0] && in_bounds && !hold, hold ? valid_q[0] : u_valid_q && !flush};
      gemm_q <= {gemm_q[Write-1:1], gemm_q[0] && in_bounds && !hold, hold ? gemm_q[0] : u_valid_q && u_kind_q[2:1] == 2'b10 && !flush};
      depthwise_q <= {depthwise_q[Write-1:1], depthwise_q[0] && in_bounds && !hold,
                      hold ? depthwise_q[0] : u_valid_q && u_kind_q[2:1] == 2'b11 && !flush};
      last_q <= {last_q[Write-1:1], last_q[0] && !overrun && !hold, hold ? last_q[0] : u_last_q && !flush};
    end
  end

  // What a step needs from R on waits in a small memory, a place per cycle.
  localparam int WaitBits = KindBits + 1 + GroupBits + 2 * AccIndexBits;
  logic [WaitBits-1:0] waits [0:7];
  logic [2:0]          place_q, read_place;
  assign read_place = place_q - 3'(Read - 1);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) place_q <= '0;
    else place_q <= place_q + 3'd1;
    if (valid_q[0] || last_q[0]) begin
      waits[place_q] <= {i_kind_q, i_final_q, i_group_q, i_src_q[AccIndexBits-1:0], i_dst_q[AccIndexBits-1:0]};
    end
  end

  // M: operands arrive and are multiplied.
  assign inp_read_o = (gemm_q[0] || depthwise_q[0]) && !hold;
  assign wgt_read_o = inp_read_o;
  assign inp_index_o = i_src_q[$clog2(InpDepth)-1:0];
  assign wgt_index_o = (DepthwiseWidth > 0 && i_depthwise) ? i_wgt_q[VectorBits +: $clog2(WgtDepth)] : i_wgt_q[$clog2(WgtDepth)-1:0];
  logic [AccWidth-1:0] dot, taps;
  gemm_core #(.Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .DspPacking(DspPacking)) u_gemm (
    .clk_i,
    .valid_i(gemm_q[TreeStages+1:1]),
    .inp_i(inp_data_i[InpWidth-1:0]),
    .wgt_i(wgt_data_i),
    .other_valid_i(depthwise_q[TreeStages+1]),
    .other_i(taps),
    .sum_o(dot)
  );
  if (DepthwiseWidth > 0) begin : gen_depthwise
    logic [VectorBits-1:0] vector_q;
    always_ff @(posedge clk_i) begin
      if (depthwise_q[0]) vector_q <= i_wgt_q[VectorBits-1:0];
    end
    depthwise_core #(.Batch(Batch), .Block(BlockOut), .Taps(Taps), .Stages(TreeStages)) u_depthwise (
      .clk_i,
      .valid_i(depthwise_q[TreeStages:1]),
      .inp_i(inp_data_i),
      .wgt_i(wgt_data_i),
      .row_i(vector_q),
      .sum_valid_i(depthwise_q[TreeStages+1]),
      .sum_o(taps)
    );
  end else begin : gen_no_depthwise
    assign taps = '0;
  end

  // R: accumulators are read with the first group of a step. Whether a younger result replaces what is read is decided here, one
  // cycle ahead of its use.
  logic                    r_src, r_final, r_first, w_final_q, w_mirror_q, x_final_q;
  logic [GroupBits-1:0]    r_group, x_group_q;
  logic [SlotBits-1:0]     r_slot, x_slot_q, w_slot_q;
  logic [AccIndexBits-1:0] r_dst, r_src_index, x_dst_q, w_dst_q;
  logic [WaitBits-1:0]     r_wait_q;
  logic [1:0]              r_unused;
  logic [InfoBits-1:0]     x_info_q;
  logic                    x_extended, x_use_imm, x_alu, x_reset, x_overwrite, x_mac, x_depthwise;
  logic [6:0]              x_operation;
  logic [31:0]             x_imm;
  assign {r_slot, r_unused, r_src, r_final, r_group, r_src_index, r_dst} = r_wait_q;
  assign r_first = valid_q[Read] && (AluGroups == 1 || r_group == '0);
  assign {x_imm, x_operation, x_extended, x_use_imm, x_alu, x_reset, x_overwrite, x_mac, x_depthwise} = x_info_q;
  assign alu_step_o = valid_q[Execute] && x_alu && x_final_q;

  logic dst_from_w_q, dst_from_v_q, src_from_w_q, src_from_v_q;  // one and two results ago
  always_ff @(posedge clk_i) begin
    if (valid_q[Read-1] || last_q[Read-1]) r_wait_q <= waits[read_place];
    if (valid_q[Read] || last_q[Read]) begin
      x_dst_q <= r_dst;
      x_slot_q <= r_slot;
      x_group_q <= r_group;
      x_final_q <= r_final;
      x_info_q <= info[r_slot];
    end
    if (valid_q[Execute] || last_q[Execute]) begin
      w_dst_q <= x_dst_q;
      w_slot_q <= x_slot_q;
      w_final_q <= x_final_q;
      w_mirror_q <= !x_mac;
    end
    if (r_first) begin
      dst_from_w_q <= valid_q[Execute] && x_dst_q == r_dst;
      dst_from_v_q <= valid_q[Write] && w_final_q && w_dst_q == r_dst;
      if (r_src) begin
        src_from_w_q <= valid_q[Execute] && x_dst_q == r_src_index;
        src_from_v_q <= valid_q[Write] && w_final_q && w_dst_q == r_src_index;
      end
    end
  end

  // X: the result. W: it is written. v_q holds the one before.
  logic [AccWidth-1:0] dst_read, src_read, result_q, v_q;
  logic                w_valid;
  assign w_valid = valid_q[Write] && w_final_q;
  acc_lanes #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .AluLanes(AluLanes), .ExtendedAlu(ExtendedAlu)
  ) u_lanes (
    .clk_i,
    .valid_i(valid_q[Execute]),
    .alu_i(x_alu),
    .reset_i(x_reset),
    .overwrite_i(x_overwrite),
    .extended_i(x_extended),
    .operation_i(x_operation),
    .use_imm_i(x_use_imm),
    .imm_i(x_imm),
    .group_i(x_group_q),
    .dot_i(dot),
    .dst_i(dst_read),
    .src_i(src_read),
    .dst_before_i(dst_from_w_q),
    .dst_before_last_i(dst_from_v_q),
    .src_before_i(src_from_w_q),
    .src_before_last_i(src_from_v_q),
    .before_last_i(v_q),
    .result_o(result_q)
  );
  always_ff @(posedge clk_i) begin
    // (while the ALU works on an element in groups, it may need the result of two steps ago)
    if (w_valid && !(AluGroups > 1 && valid_q[Execute] && !x_final_q)) v_q <= result_q;
  end

  // REQUANTIZE.
  logic                    requantize_read, requantize_write, requantize_busy;
  logic [AccIndexBits-1:0] requantize_index, requantize_dst;
  logic [AccWidth-1:0]     requantize_data;
  logic [8*Lanes-1:0]      requantize_narrow;
  if (RequantLanes > 0) begin : gen_requantize
    requantizer #(
      .Batch(Batch), .BlockOut(BlockOut), .Lanes(RequantLanes), .AccDepth(AccDepth), .PrmDepth(PrmDepth), .IndexBits(DstIndexW),
      .PrmIndexBits(PrmIndexW), .SlotBits(SlotBits)
    ) u_requantizer (
      .clk_i(clk_requantize_i),
      .rst_ni(rst_ni && !halt_i),
      .cancel_i(requantize_cancel),
      .start_i(start_requantize),
      .slot_i(start_slot),
      .keep_i(insn[RequantizeKeepLsb]),
      .tflite_i(insn[RequantizeTfliteLsb]),
      .iter_out_i(insn[RequantizeIterOutLsb +: RequantizeIterOutW]),
      .iter_in_i(insn[RequantizeIterInLsb +: RequantizeIterInW]),
      .dst_i(insn[RequantizeDstLsb +: RequantizeDstW]),
      .src_i(insn[RequantizeSrcLsb +: RequantizeSrcW]),
      .dst_out_i(insn[RequantizeDstOutLsb +: RequantizeDstOutW]),
      .dst_in_i(insn[RequantizeDstInLsb +: RequantizeDstInW]),
      .src_out_i(insn[RequantizeSrcOutLsb +: RequantizeSrcOutW]),
      .src_in_i(insn[RequantizeSrcInLsb +: RequantizeSrcInW]),
      .prm_i(insn[RequantizePrmLsb +: RequantizePrmW]),
      .prm_out_i(insn[RequantizePrmOutLsb +: RequantizePrmOutW]),
      .oldest_i(!list_empty && oldest == requantize_slot),
      .active_o(requantize_active),
      .waiting_o(requantize_waiting),
      .keep_o(requantize_keep),
      .slot_o(requantize_slot),
      .failed_o(requantize_failed),
      .done_o(requantize_done),
      .step_o(requantize_step_o),
      .busy_o(requantize_busy),
      .reading_o(requantize_reading),
      .any_o(requantize_any),
      .first_o(requantize_first),
      .last_o(requantize_last),
      .acc_read_o(requantize_read),
      .acc_index_o(requantize_index),
      .acc_data_i(src_read),
      .prm_read_o,
      .prm_index_o,
      .prm_data_i,
      .write_o(requantize_write),
      .write_index_o(requantize_dst),
      .write_data_o(requantize_data),
      .write_narrow_o(requantize_narrow)
    );
  end else begin : gen_no_requantize
    assign {requantize_active, requantize_waiting, requantize_keep, requantize_slot, requantize_failed, requantize_done,
            requantize_step_o, requantize_busy, requantize_reading, requantize_any, requantize_first, requantize_last,
            requantize_read, requantize_index, prm_read_o, prm_index_o, requantize_write, requantize_dst, requantize_data,
            requantize_narrow} = '0;
    logic unused_requantize;
    assign unused_requantize = &{1'b0, clk_requantize_i, start_requantize, requantize_cancel, oldest, prm_data_i};
  end
  // One that can never become the oldest, because something before it has failed.
  always_comb begin
    requantize_cancel = 1'b0;
    if (failed_q) requantize_cancel = requantize_waiting && idle_q && reader_idle && !retired && oldest != requantize_slot;
  end

  // LOADs of micro-ops and accumulators.
  logic                 land_valid, land_pad, acc_loads_q;
  logic [1:0]           land_kind, unused_push;
  logic [IndexBits-1:0] land_index;
  logic [ChunkBits-1:0] land_chunk;
  logic [LaneBits-1:0]  land_first, land_count;
  logic [BusBits-1:0]   land_data;
  logic [31:0]          unused_loaded;
  logic                 reader_moving;
  logic [LaneBits-1:0]  land_bytes;
  dma_reader #(.AddrBits(AddrBits), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)) u_reader (
    .clk_i(clk_read_i),
    .rst_ni,
    .halt_i(halt_i || failed_q),
    .land_en_i(!acc_loads_q || idle_q),
    .load_valid_i(reader_may),
    .load_ready_o(reader_ready),
    .load_kind_i(is_uop ? KindUop : is_acc8 ? KindAcc8 : KindAcc),
    .load_elem_log2_i(is_uop ? 5'($clog2(MemUopBits / 8)) : is_acc8 ? 5'($clog2(MemAcc8Bits / 8)) : 5'($clog2(MemAccBits / 8))),
    .load_number_i(number),
    .load_push_i(pushes),
    .load_base_i(is_uop ? uop_base_i : acc_base_i),
    .load_dram_i(dram_base),
    .load_sram_i(sram_base),
    .load_y_size_i(y_size),
    .load_x_size_i(x_size),
    .load_x_stride_i(x_stride),
    .load_y_pad_0_i(y_pad_0),
    .load_y_pad_1_i(y_pad_1),
    .load_x_pad_0_i(x_pad_0),
    .load_x_pad_1_i(x_pad_1),
    .burst_valid_o,
    .burst_ready_i,
    .burst_addr_o,
    .burst_len_o,
    .beat_valid_i,
    .beat_ready_o,
    .beat_data_i,
    .beat_error_i,
    .write_valid_o(land_valid),
    .write_kind_o(land_kind),
    .write_zero_o(land_pad),
    .write_index_o(land_index),
    .write_chunk_o(land_chunk),
    .write_first_o(land_first),
    .write_count_o(land_count),
    .write_data_o(land_data),
    .write_bytes_o(land_bytes),
    .done_valid_o(loaded),
    .done_number_o(unused_loaded),
    .done_push_o(unused_push),
    .idle_o(reader_idle),
    .moving_o(reader_moving),
    .failed_o(reader_failed),
    .number_o(reader_number)
  );
  // LOADs finish in order.
  localparam int LoadBits = 4;  // more than the reader holds
  logic [SlotBits-1:0] load_slots [0:(1<<LoadBits)-1];
  logic [LoadBits-1:0] load_start_q, load_end_q;
  assign load_slot = load_slots[load_end_q];
  always_ff @(posedge clk_read_i) begin
    if (start_load) load_slots[load_start_q] <= start_slot;
  end
  always_ff @(posedge clk_read_i) begin
    if (!rst_ni) begin
      load_start_q <= '0;
      load_end_q <= '0;
      acc_loads_q <= 1'b0;
    end else begin
      if (start_load) load_start_q <= load_start_q + 1'b1;
      if (loaded) load_end_q <= load_end_q + 1'b1;
      if (start_load && !is_uop) acc_loads_q <= 1'b1;
      else if (reader_idle) acc_loads_q <= 1'b0;
    end
  end

  load_buffer #(
    .Width(UopBits), .Depth(UopDepth), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)
  ) u_uops (
    .clk_i,
    .write_valid_i(land_valid && land_kind == KindUop),
    .write_pad_i(land_pad),
    .pad_i(8'd0),
    .write_index_i(land_index),
    .write_chunk_i(land_chunk),
    .write_first_i(land_first),
    .write_count_i(land_count),
    .write_data_i(land_data),
    .read_en_i(seq_valid && !hold),
    .read_index_i(seq_uop),
    .read_data_o(uop)
  );

  logic requantize_keeps;
  assign requantize_keeps = requantize_write && requantize_keep;
  accumulator_buffer #(
    .Lanes(Lanes), .Depth(AccDepth), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)
  ) u_accumulators (
    .clk_i,
    .dst_en_i(r_first),
    .dst_index_i(r_dst),
    .dst_data_o(dst_read),
    .src_en_i((r_first && r_src) || requantize_read),
    .src_index_i(requantize_read ? requantize_index : r_src_index),
    .src_data_o(src_read),
    .result_valid_i(w_valid || requantize_keeps),
    .result_mirror_i(w_valid && w_mirror_q),
    .result_index_i(requantize_keeps ? requantize_dst : w_dst_q),
    .result_data_i(requantize_keeps ? requantize_data : result_q),
    .narrow_valid_i(requantize_write && !requantize_keep),
    .narrow_index_i(requantize_dst),
    .narrow_data_i(requantize_narrow),
    .load_valid_i(land_valid && land_kind != KindUop),
    .load_bytes_i(land_kind == KindAcc8),
    .load_pad_i(land_pad),
    .pad_i(acc_pad_q),
    .load_index_i(land_index),
    .load_chunk_i(land_chunk),
    .load_first_i(land_first),
    .load_count_i(land_count),
    .load_data_i(land_data),
    .store_en_i,
    .store_index_i,
    .store_chunk_i,
    .store_first_i,
    .store_count_i,
    .store_data_o
  );

  // Retiring, in program order: the last step at W, a LOAD when it has landed, a REQUANTIZE with its last write; then FINISH.
  assign w_done = last_q[Write];
  assign w_slot = w_slot_q;
  assign retire_o = retired || finish_o;
  assign retire_number_o = retired ? retired_number : finish_number_q;
  assign token_push_o = retired_push | (finish_q ? finish_push_q : '0);

  logic loading;
  always_comb begin
    loading = 1'b0;
    if (!reader_idle || acc_loads_q) loading = 1'b1;
  end
  assign read_awake_o = loading || start_load || idle_d != idle_q || fails;
  assign requantize_awake_o = start_requantize || requantize_active;
  assign idle_o = idle_q && reader_idle && !requantize_active && !finish_q && (list_empty || (failed_q && !retired));
  assign busy_o = seq_active || reader_moving || requantize_busy;
  assign wait_load_o = command_valid_i && legal && pops[0] && !token_available_i[0];
  assign wait_store_o = command_valid_i && legal && pops[1] && !token_available_i[1];
  assign wait_space_o = command_valid_i && legal && tokens_ready && !space_ready;
  assign wait_memory_o = !reader_idle;
  assign uop_bytes_o = land_valid && land_kind == KindUop ? land_bytes : '0;
  assign acc_bytes_o = land_valid && land_kind != KindUop ? land_bytes : '0;

  logic unused;
  assign unused = &{1'b0, is_wgt, is_inp, is_acc, is_prm, uop, gemm_q[Write], depthwise_q[Write], unused_loaded, unused_push, x_depthwise, r_unused};

`ifdef VERILATOR
  IdleForetold: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i)
      idle_q == (!seq_active && !u_valid_q && !u_last_q && valid_q == '0 && last_q == '0));
  LoadsAndResultsApart: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i)
      (land_valid && land_kind != KindUop) |-> !valid_q[Write] && !requantize_write);
  OneReaderOfSources: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i) requantize_read |-> !(r_first && r_src));
  OneWriterOfOut: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i) requantize_write |-> !(w_valid && (w_mirror_q || requantize_keep)));
  SourcesUntouched: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i)
      (w_valid && requantize_reading && !requantize_waiting) |-> (w_dst_q < requantize_first || w_dst_q > requantize_last));
  RunningUopsUntouched: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i)
      (land_valid && land_kind == KindUop && seq_valid) |-> (land_index > IndexBits'(seq_end) || land_index + IndexBits'(land_count) <= IndexBits'(seq_bgn)));
`endif
endmodule
