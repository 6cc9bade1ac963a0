// Executes GEMM, ALU, LOADs of micro-ops and accumulators, and FINISH, in queue order. One micro-op per cycle through one pipeline
// that never stalls, whatever the dependences: results are forwarded at distance 1 and 2, farther ones are read from memory.
// Instructions follow each other without a gap; a LOAD waits for the last step of what is before it, and the next step for the LOAD.
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
  parameter int InsnWidth = 128,
  parameter int IndexBits = 24,
  parameter int ChunkBits = 8,
  localparam int BusBits = 8 * BusBytes,
  localparam int LaneBits = $clog2(BusBytes) + 1,
  localparam int CommandBits = InsnWidth + 33,
  localparam int InpWidth = Batch * BlockIn * 8,
  localparam int WgtWidth = BlockOut * BlockIn * 8,
  localparam int Lanes = Batch * BlockOut,
  localparam int AccWidth = 32 * Lanes
) (
  input  logic                         clk_i,
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
  input  logic [InpWidth-1:0]          inp_data_i,
  output logic                         wgt_read_o,
  output logic [$clog2(WgtDepth)-1:0]  wgt_index_o,
  input  logic [WgtWidth-1:0]          wgt_data_i,

  input  logic                         store_en_i,
  input  logic [IndexBits-1:0]         store_index_i,
  input  logic [ChunkBits-1:0]         store_chunk_i,
  input  logic [LaneBits-1:0]          store_first_i,
  input  logic [LaneBits-1:0]          store_count_i,
  output logic [BusBits-1:0]           store_data_o,

  output logic                         retire_o,
  output logic [31:0]                  retire_number_o,
  output logic                         finish_o,       // FINISH has been executed
  output logic                         gemm_step_o,    // a GEMM micro-op other than reset is started
  output logic                         alu_step_o,
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
  localparam logic [1:0] KindUop = 2'd0;
  localparam logic [1:0] KindAcc = 2'd1;
  localparam logic [1:0] KindAcc8 = 2'd2;

  // The instruction at the queue's head.
  logic                 legal;
  logic [31:0]          number;
  logic [InsnWidth-1:0] insn;
  assign {legal, number, insn} = command_i;

  logic [3:0]           flags;
  logic                 is_load, is_uop, is_wgt, is_inp, is_acc, is_acc8, load_empty;
  logic [IndexBits-1:0] sram_base;
  logic [31:0]          dram_base;
  logic [15:0]          y_size, x_size, x_stride;
  logic [3:0]           y_pad_0, y_pad_1, x_pad_0, x_pad_1;
  block_decoder #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .InsnWidth(InsnWidth), .IndexBits(IndexBits)
  ) u_decoder (
    .insn_i(insn),
    .flags_o(flags),
    .load_o(is_load),
    .uop_o(is_uop),
    .wgt_o(is_wgt),
    .inp_o(is_inp),
    .acc_o(is_acc),
    .acc8_o(is_acc8),
    .empty_o(load_empty),
    .sram_base_o(sram_base),
    .dram_base_o(dram_base),
    .y_size_o(y_size),
    .x_size_o(x_size),
    .x_stride_o(x_stride),
    .y_pad_0_o(y_pad_0),
    .y_pad_1_o(y_pad_1),
    .x_pad_0_o(x_pad_0),
    .x_pad_1_o(x_pad_1)
  );

  logic                  is_alu, is_finish, is_loop, reset, use_imm, no_steps, uops_beyond;
  logic [2:0]            opcode;
  logic [15:0]           imm;
  logic [UopIndexW-1:0]  uop_bgn;
  logic [UopIndexW:0]    uop_end;
  logic [13:0]           iter_out, iter_in;
  logic [FactorBits-1:0] dst_out, dst_in, src_out, src_in, wgt_out, wgt_in;
  assign is_alu = insn[InsnOpLsb +: InsnOpW] == OpAlu;
  assign is_finish = insn[InsnOpLsb +: InsnOpW] == OpFinish;
  assign is_loop = is_alu || insn[InsnOpLsb +: InsnOpW] == OpGemm;
  assign reset = !is_alu && insn[GemmResetLsb];
  assign use_imm = insn[AluUseImmLsb];
  assign opcode = insn[AluOpcodeLsb +: AluOpcodeW];
  assign imm = insn[AluImmLsb +: AluImmW];
  assign uop_bgn = is_alu ? insn[AluUopBgnLsb +: AluUopBgnW] : insn[GemmUopBgnLsb +: GemmUopBgnW];
  assign uop_end = is_alu ? insn[AluUopEndLsb +: AluUopEndW] : insn[GemmUopEndLsb +: GemmUopEndW];
  assign iter_out = is_alu ? insn[AluIterOutLsb +: AluIterOutW] : insn[GemmIterOutLsb +: GemmIterOutW];
  assign iter_in = is_alu ? insn[AluIterInLsb +: AluIterInW] : insn[GemmIterInLsb +: GemmIterInW];
  assign dst_out = is_alu ? FactorBits'(insn[AluDstOutLsb +: AluDstOutW]) : FactorBits'(insn[GemmDstOutLsb +: GemmDstOutW]);
  assign dst_in = is_alu ? FactorBits'(insn[AluDstInLsb +: AluDstInW]) : FactorBits'(insn[GemmDstInLsb +: GemmDstInW]);
  assign src_out = is_alu ? FactorBits'(insn[AluSrcOutLsb +: AluSrcOutW]) : FactorBits'(insn[GemmSrcOutLsb +: GemmSrcOutW]);
  assign src_in = is_alu ? FactorBits'(insn[AluSrcInLsb +: AluSrcInW]) : FactorBits'(insn[GemmSrcInLsb +: GemmSrcInW]);
  assign wgt_out = FactorBits'(insn[GemmWgtOutLsb +: GemmWgtOutW]);
  assign wgt_in = FactorBits'(insn[GemmWgtInLsb +: GemmWgtInW]);
  assign no_steps = !is_loop || uop_end <= {1'b0, uop_bgn} || iter_out == '0 || iter_in == '0;
  assign uops_beyond = is_loop && !no_steps && 32'(uop_end) > UopDepth;

  // Start: tokens, then a place to run.
  logic [1:0] pops, pushes;
  logic tokens_ready, space_ready, to_reader, may_start, start_loop, start_load, start_finish;
  logic seq_ready, reader_ready, reader_idle, pipe_idle;
  assign pops = flags[1:0];
  assign pushes = flags[3:2];
  assign tokens_ready = (pops & ~token_available_i) == '0;
  assign space_ready = (pushes & ~token_space_i) == '0;
  assign to_reader = is_load && !load_empty;
  assign may_start = command_valid_i && legal && !uops_beyond && tokens_ready && space_ready && !halt_i && !failed_q;
  assign start_loop = may_start && !to_reader && !is_finish && seq_ready && reader_idle;
  assign start_load = may_start && to_reader && seq_ready && reader_ready;
  assign start_finish = may_start && is_finish && pipe_idle && reader_idle && others_idle_i;
  assign command_ready_o = start_loop || start_load || start_finish;
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
  assign finish_o = finish_q && !tokens_left_i && finish_push_q == '0;

  // The first error. What is older than the failing step or LOAD still completes; it and all behind it neither write nor push.
  logic        failed_q, flush, overrun, uops_fail, tokens_fail, reader_failed;
  logic [31:0] reader_number, failed_number_q;
  assign uops_fail = command_valid_i && legal && uops_beyond && tokens_ready && space_ready && pipe_idle && reader_idle && !halt_i;
  assign tokens_fail = finish_q && !finish_o;
  assign flush = overrun || failed_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      failed_q <= 1'b0;
    end else if (!failed_q && (overrun || uops_fail || tokens_fail || reader_failed)) begin
      failed_q <= 1'b1;
      failed_code_o <= tokens_fail ? 4'(ErrorTokens) : reader_failed ? 4'(ErrorRead) : 4'(ErrorBounds);
      failed_number_q <= overrun ? info_q[24 +: 32] : tokens_fail ? finish_number_q : reader_failed ? reader_number : number;
    end
  end
  assign failed_o = failed_q;
  assign number_o = failed_q ? failed_number_q : reader_number;

  // S: micro-op addresses and loop offsets.
  logic                  seq_active, seq_valid, seq_last;
  logic [UopIndexW-1:0]  seq_uop;
  logic [OffsetBits-1:0] seq_dst, seq_src, seq_wgt;
  loop_sequencer #(.UopIndexBits(UopIndexW), .FactorBits(FactorBits), .OffsetBits(OffsetBits)) u_sequencer (
    .clk_i,
    .rst_ni,
    .halt_i(halt_i || flush),
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
    .skip_i(no_steps),
    .active_o(seq_active),
    .valid_o(seq_valid),
    .last_o(seq_last),
    .uop_o(seq_uop),
    .dst_o(seq_dst),
    .src_o(seq_src),
    .wgt_o(seq_wgt)
  );

  // What accompanies a step: {number, pushes, alu, reset, use_imm, opcode, imm}.
  localparam int InfoBits = 32 + 2 + 3 + 3 + 16;
  logic [InfoBits-1:0] seq_info_q, u_info_q;
  always_ff @(posedge clk_i) begin
    if (start_loop) seq_info_q <= {number, pushes, is_alu, reset, use_imm, opcode, imm};
  end
  assign gemm_step_o = seq_valid && seq_info_q[21:20] == 2'b00;
  assign alu_step_o = seq_valid && seq_info_q[21];

  // U: the micro-op arrives.
  logic [UopBits-1:0]    uop;
  logic                  u_valid_q, u_last_q;
  logic [OffsetBits-1:0] u_dst_q, u_src_q, u_wgt_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || halt_i || flush) begin
      u_valid_q <= 1'b0;
      u_last_q <= 1'b0;
    end else begin
      u_valid_q <= seq_valid;
      u_last_q <= seq_last;
    end
    if (seq_active) begin
      u_dst_q <= seq_dst;
      u_src_q <= seq_src;
      u_wgt_q <= seq_wgt;
      u_info_q <= seq_info_q;
    end
  end

  // I and on. Stage s of each vector: 0 is I.
  localparam int AccIndexBits = $clog2(AccDepth);
  logic [Write:0]                  valid_q, last_q, gemm_q;  // gemm: a valid step that multiplies
  logic [(Write+1)*InfoBits-1:0]   info_q;
  logic [(Write+1)*AccIndexBits-1:0] dst_q;
  logic [(Read+1)*AccIndexBits-1:0]  src_q;
  logic [OffsetBits-1:0]           i_dst_q, i_src_q, i_wgt_q;
  logic                            i_alu, i_reset, i_use_imm, in_bounds;
  assign i_alu = info_q[21];
  assign i_reset = info_q[20];
  assign i_use_imm = info_q[19];
  // Only what the step uses is checked.
  assign in_bounds = i_dst_q < OffsetBits'(AccDepth) &&
                     (i_alu ? (i_use_imm || i_src_q < OffsetBits'(AccDepth))
                            : (i_reset || (i_src_q < OffsetBits'(InpDepth) && i_wgt_q < OffsetBits'(WgtDepth))));

  always_ff @(posedge clk_i) begin
    if (u_valid_q) begin
      i_dst_q <= u_dst_q + OffsetBits'(uop[UopDstLsb +: UopDstW]);
      i_src_q <= u_src_q + OffsetBits'(uop[UopSrcLsb +: UopSrcW]);
      i_wgt_q <= u_wgt_q + OffsetBits'(uop[UopWgtLsb +: UopWgtW]);
    end
    if (!rst_ni || halt_i) begin
      valid_q <= '0;
      last_q <= '0;
      gemm_q <= '0;
    end else begin
      valid_q <= {valid_q[Write-1:1], valid_q[0] && in_bounds, u_valid_q && !flush};
      gemm_q <= {gemm_q[Write-1:1], gemm_q[0] && in_bounds, u_valid_q && u_info_q[21:20] == 2'b00 && !flush};
      last_q <= {last_q[Write-1:1], last_q[0] && !overrun, u_last_q && !flush};
    end
    info_q <= {info_q[0 +: Write*InfoBits], u_info_q};
    dst_q <= {dst_q[AccIndexBits +: (Write-1)*AccIndexBits], i_dst_q[AccIndexBits-1:0], {AccIndexBits{1'b0}}};
    src_q <= {src_q[AccIndexBits +: (Read-1)*AccIndexBits], i_src_q[AccIndexBits-1:0], {AccIndexBits{1'b0}}};
  end
  assign overrun = valid_q[0] && !in_bounds;
  assign pipe_idle = !seq_active && !u_valid_q && !u_last_q && valid_q == '0 && last_q == '0;

  // M: operands arrive and are multiplied.
  assign inp_read_o = gemm_q[0];
  assign wgt_read_o = gemm_q[0];
  assign inp_index_o = i_src_q[$clog2(InpDepth)-1:0];
  assign wgt_index_o = i_wgt_q[$clog2(WgtDepth)-1:0];
  logic [AccWidth-1:0] dot;
  gemm_core #(.Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut)) u_gemm (
    .clk_i,
    .valid_i(gemm_q[TreeStages+1:1]),
    .inp_i(inp_data_i),
    .wgt_i(wgt_data_i),
    .sum_o(dot)
  );

  // R: accumulators are read. Whether a younger result replaces what is read is decided here, one cycle ahead of its use.
  logic                    r_alu, r_src, x_alu, x_reset, x_use_imm;
  logic [AccIndexBits-1:0] r_dst, r_src_index, x_dst, w_dst;
  logic [2:0]              x_opcode;
  logic [15:0]             x_imm;
  assign r_alu = info_q[Read*InfoBits+21];
  assign r_src = r_alu && !info_q[Read*InfoBits+19];
  assign r_dst = dst_q[Read*AccIndexBits +: AccIndexBits];
  assign r_src_index = src_q[Read*AccIndexBits +: AccIndexBits];
  assign {x_alu, x_reset, x_use_imm, x_opcode, x_imm} = info_q[Execute*InfoBits +: 22];
  assign x_dst = dst_q[Execute*AccIndexBits +: AccIndexBits];
  assign w_dst = dst_q[Write*AccIndexBits +: AccIndexBits];

  logic dst_from_w_q, dst_from_v_q, src_from_w_q, src_from_v_q;  // one and two results ago
  always_ff @(posedge clk_i) begin
    if (valid_q[Read]) begin
      dst_from_w_q <= valid_q[Execute] && x_dst == r_dst;
      dst_from_v_q <= valid_q[Write] && w_dst == r_dst;
      src_from_w_q <= valid_q[Execute] && x_dst == r_src_index;
      src_from_v_q <= valid_q[Write] && w_dst == r_src_index;
    end
  end

  // X: the result. W: it is written. v_q holds the one before.
  logic [AccWidth-1:0] dst_read, src_read, result_q, v_q;
  acc_lanes #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth)
  ) u_lanes (
    .clk_i,
    .valid_i(valid_q[Execute]),
    .alu_i(x_alu),
    .reset_i(x_reset),
    .opcode_i(x_opcode),
    .use_imm_i(x_use_imm),
    .imm_i(x_imm),
    .dot_i(dot),
    .dst_i(dst_from_w_q ? result_q : dst_from_v_q ? v_q : dst_read),
    .src_i(src_from_w_q ? result_q : src_from_v_q ? v_q : src_read),
    .result_o(result_q)
  );
  always_ff @(posedge clk_i) begin
    if (valid_q[Write]) v_q <= result_q;
  end

  // LOADs of micro-ops and accumulators.
  logic                 land_valid, land_zero, loaded;
  logic [1:0]           land_kind, loaded_push;
  logic [IndexBits-1:0] land_index;
  logic [ChunkBits-1:0] land_chunk;
  logic [LaneBits-1:0]  land_first, land_count;
  logic [BusBits-1:0]   land_data;
  logic [31:0]          loaded_number;
  logic                 reader_moving;
  logic [LaneBits-1:0]  land_bytes;
  dma_reader #(.AddrBits(AddrBits), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)) u_reader (
    .clk_i,
    .rst_ni,
    .halt_i(halt_i || failed_q),
    .land_en_i(pipe_idle),
    .load_valid_i(may_start && to_reader && seq_ready),
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
    .write_zero_o(land_zero),
    .write_index_o(land_index),
    .write_chunk_o(land_chunk),
    .write_first_o(land_first),
    .write_count_o(land_count),
    .write_data_o(land_data),
    .write_bytes_o(land_bytes),
    .done_valid_o(loaded),
    .done_number_o(loaded_number),
    .done_push_o(loaded_push),
    .idle_o(reader_idle),
    .moving_o(reader_moving),
    .failed_o(reader_failed),
    .number_o(reader_number)
  );

  load_buffer #(
    .Width(UopBits), .Depth(UopDepth), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)
  ) u_uops (
    .clk_i,
    .write_valid_i(land_valid && land_kind == KindUop),
    .write_zero_i(land_zero),
    .write_index_i(land_index),
    .write_chunk_i(land_chunk),
    .write_first_i(land_first),
    .write_count_i(land_count),
    .write_data_i(land_data),
    .read_en_i(seq_valid),
    .read_index_i(seq_uop),
    .read_data_o(uop)
  );

  accumulator_buffer #(
    .Lanes(Lanes), .Depth(AccDepth), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)
  ) u_accumulators (
    .clk_i,
    .dst_en_i(valid_q[Read]),
    .dst_index_i(r_dst),
    .dst_data_o(dst_read),
    .src_en_i(valid_q[Read] && r_src),
    .src_index_i(r_src_index),
    .src_data_o(src_read),
    .result_valid_i(valid_q[Write]),
    .result_index_i(w_dst),
    .result_data_i(result_q),
    .load_valid_i(land_valid && land_kind != KindUop),
    .load_bytes_i(land_kind == KindAcc8),
    .load_zero_i(land_zero),
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

  // Retiring: the last step at W, a LOAD when it has landed, FINISH.
  assign retire_o = last_q[Write] || loaded || finish_o;
  assign retire_number_o = last_q[Write] ? info_q[Write*InfoBits+24 +: 32] : loaded ? loaded_number : finish_number_q;
  assign token_push_o = (last_q[Write] ? info_q[Write*InfoBits+22 +: 2] : '0) | (loaded ? loaded_push : '0) |
                        (finish_q ? finish_push_q : '0);

  assign idle_o = pipe_idle && reader_idle && !finish_q;
  assign busy_o = seq_active || reader_moving;
  assign wait_load_o = command_valid_i && legal && pops[0] && !token_available_i[0];
  assign wait_store_o = command_valid_i && legal && pops[1] && !token_available_i[1];
  assign wait_space_o = command_valid_i && legal && tokens_ready && !space_ready;
  assign wait_memory_o = !reader_idle;
  assign uop_bytes_o = land_valid && land_kind == KindUop ? land_bytes : '0;
  assign acc_bytes_o = land_valid && land_kind != KindUop ? land_bytes : '0;

  logic unused;
  assign unused = &{1'b0, is_wgt, is_inp, is_acc, uop, gemm_q[Write], dst_q[AccIndexBits-1:0], src_q[AccIndexBits-1:0]};

`ifdef VERILATOR
  LoadsAndResultsApart: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i) !(land_valid && valid_q[Write]));
  OneRetires: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i) !(last_q[Write] && loaded));
`endif
endmodule
