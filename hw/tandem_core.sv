// The accelerator: AXI4-Lite slave for control, AXI4 master to memory. Fetch feeds three in-order engines that meet through tokens.
// Synchronous reset. Its parts have clocks of their own, which may stop while a part sleeps; tandem_accel.sv has one clock.
// docs/accelerator.md has the block diagram, the timing and the cost of each parameter.
module tandem_core #(
  parameter int Batch = 1,                // rows of an input element
  parameter int BlockIn = 16,             // int8 lanes of an input element
  parameter int BlockOut = 16,            // lanes of an accumulator element
  parameter int UopDepth = 8192,          // entries of the buffers
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int BusBytes = 8,             // of the AXI4 data bus
  parameter int OutstandingReads = 64,    // bursts in flight
  parameter int CommandQueueDepth = 512,  // instructions per engine
  parameter int TokenQueueDepth = 512,    // tokens per direction
  parameter int RequantLanes = BlockOut,  // channels that REQUANTIZE takes per cycle; 0: no unit
  parameter int DepthwiseWidth = BlockIn == BlockOut ? 1 : 0,  // taps per step of a depthwise MAC; 0: none
  parameter int AluLanes = Batch * BlockOut,  // accumulator lanes per cycle of an ALU step
  parameter int ExtendedAlu = 1,          // CONFIG and ALU_EXTENDED
  parameter int DspPacking = 0,           // two products of one input in one DSP of the multiplier array
  parameter int AddrBits = 48,
  localparam int BusBits = 8 * BusBytes
) (
  // One clock. Those behind the first may stop in cycles for which their awake_o is low: nothing of theirs would change with the edge.
  // (Beside it, rst_ni low, s_awvalid_i and s_arvalid_i wake them.)
  input  logic                clk_i,
  input  logic                clk_front_i,       // registers, run, fetch, command and token queues
  input  logic                clk_read_i,        // load engine, the LOADs of compute, read channels
  input  logic                clk_store_i,       // store engine, write channels
  input  logic                clk_requantize_i,  // REQUANTIZE
  output logic                front_awake_o,
  output logic                read_awake_o,
  output logic                store_awake_o,
  output logic                requantize_awake_o,
  input  logic                rst_ni,

  // AXI4-Lite slave.
  input  logic                s_awvalid_i,
  output logic                s_awready_o,
  input  logic [7:0]          s_awaddr_i,
  input  logic                s_wvalid_i,
  output logic                s_wready_o,
  input  logic [31:0]         s_wdata_i,
  output logic                s_bvalid_o,
  input  logic                s_bready_i,
  output logic [1:0]          s_bresp_o,
  input  logic                s_arvalid_i,
  output logic                s_arready_o,
  input  logic [7:0]          s_araddr_i,
  output logic                s_rvalid_o,
  input  logic                s_rready_i,
  output logic [31:0]         s_rdata_o,
  output logic [1:0]          s_rresp_o,

  // AXI4 master: incrementing bursts of bus-wide beats.
  output logic                m_arvalid_o,
  input  logic                m_arready_i,
  output logic [1:0]          m_arid_o,
  output logic [AddrBits-1:0] m_araddr_o,
  output logic [7:0]          m_arlen_o,
  output logic [2:0]          m_arsize_o,
  output logic [1:0]          m_arburst_o,
  input  logic                m_rvalid_i,
  output logic                m_rready_o,
  input  logic [1:0]          m_rid_i,
  input  logic [BusBits-1:0]  m_rdata_i,
  input  logic [1:0]          m_rresp_i,
  input  logic                m_rlast_i,
  output logic                m_awvalid_o,
  input  logic                m_awready_i,
  output logic [1:0]          m_awid_o,
  output logic [AddrBits-1:0] m_awaddr_o,
  output logic [7:0]          m_awlen_o,
  output logic [2:0]          m_awsize_o,
  output logic [1:0]          m_awburst_o,
  output logic                m_wvalid_o,
  input  logic                m_wready_i,
  output logic [BusBits-1:0]  m_wdata_o,
  output logic [BusBytes-1:0] m_wstrb_o,
  output logic                m_wlast_o,
  input  logic                m_bvalid_i,
  output logic                m_bready_o,
  input  logic [1:0]          m_bresp_i,

  output logic                irq_o,   // an enabled interrupt is pending
  output logic                done_o,  // the last run is over

  // Observation: instructions as they retire, and what each engine waits for. Order: load, compute, store.
  output logic [2:0]          retire_o,
  output logic [3*32-1:0]     retire_insn_o,
  output logic [2:0]          head_valid_o,    // an instruction waits to be started
  output logic [3*32-1:0]     head_insn_o,
  output logic [3:0]          wait_token_o,    // load for compute, compute for load, compute for store, store for compute
  output logic [2:0]          wait_space_o,    // the head waits for room for the token that it will push
  output logic [2:0]          engine_idle_o,   // nothing under way
  output logic [2:0]          engine_busy_o,   // moves data or makes steps in this cycle
  output logic                fetch_done_o,    // every instruction is in its queue
  output logic [31:0]         fetch_insn_o,    // the next one
  output logic [4*16-1:0]     token_level_o    // tokens waiting: load to compute, compute to load, compute to store, store to compute
);
  `include "isa.svh"
  `include "registers.svh"
  localparam int IndexBits = 24;
  localparam int ChunkBits = 8;
  localparam int LaneBits = $clog2(BusBytes) + 1;
  localparam int CommandBits = InsnBits + 33;      // {may be executed, index, instruction}
  localparam int QueuedBits = CommandBits + 4;     // {fault, command}
  localparam int LevelBits = $clog2(CommandQueueDepth + 1);
  localparam int TokenBits = $clog2(TokenQueueDepth + 1);
  localparam int CounterBits = 48;
  localparam int InpWidth = MemInpBits;
  localparam int WgtWidth = MemWgtBits;

  // Control.
  logic                   start, soft_reset, running, busy, done, ended, clear, quiet, counter_read, control_awake, misaligned;
  logic [31:0]            insn_count, watchdog, error_insn;
  logic [AddrBits-1:0]    insn_addr, uop_base, inp_base, wgt_base, acc_base, out_base, prm_base;
  logic [3:0]             error_code;
  logic [63:0]            cycles;
  logic [7:0]             counter_select;
  logic [CounterBits-1:0] counter;
  control #(.AddrBits(AddrBits), .CounterBits(CounterBits)) u_control (
    .clk_i(clk_front_i),
    .rst_ni,
    .awvalid_i(s_awvalid_i),
    .awready_o(s_awready_o),
    .awaddr_i(s_awaddr_i),
    .wvalid_i(s_wvalid_i),
    .wready_o(s_wready_o),
    .wdata_i(s_wdata_i),
    .bvalid_o(s_bvalid_o),
    .bready_i(s_bready_i),
    .bresp_o(s_bresp_o),
    .arvalid_i(s_arvalid_i),
    .arready_o(s_arready_o),
    .araddr_i(s_araddr_i),
    .rvalid_o(s_rvalid_o),
    .rready_i(s_rready_i),
    .rdata_o(s_rdata_o),
    .rresp_o(s_rresp_o),
    .start_o(start),
    .soft_reset_o(soft_reset),
    .insn_count_o(insn_count),
    .insn_addr_o(insn_addr),
    .uop_base_o(uop_base),
    .inp_base_o(inp_base),
    .wgt_base_o(wgt_base),
    .acc_base_o(acc_base),
    .out_base_o(out_base),
    .prm_base_o(prm_base),
    .misaligned_o(misaligned),
    .watchdog_o(watchdog),
    .busy_i(busy),
    .owes_i(!quiet),
    .done_i(done),
    .ended_i(ended),
    .error_code_i(error_code),
    .error_insn_i(error_insn),
    .cycles_i(cycles),
    .counter_read_o(counter_read),
    .counter_select_o(counter_select),
    .counter_i(counter),
    .awake_o(control_awake),
    .irq_o
  );
  logic begin_run, engines_rst_n, halt;

  // Fetch and the command queues.
  logic [2:0]             burst_valid, burst_ready, beat_valid, beat_ready;
  logic [3*AddrBits-1:0]  burst_addr;
  logic [3*8-1:0]         burst_len;
  logic [BusBits-1:0]     beat_data;
  logic                   beat_error, reads_idle;
  logic [QueuedBits-1:0]  fetched, load_queued, compute_queued, store_queued;
  logic [3:0]             load_fault, compute_fault, store_fault;
  logic                   fetched_load, fetched_compute, fetched_store, room_load, room_compute, room_store;
  logic                   load_valid, load_ready, compute_valid, compute_ready, store_valid, store_ready;
  logic [LevelBits-1:0]   load_level, compute_level, store_level;
  logic                   fetch_done, fetch_moving, fetch_blocked, fetch_failed, fetch_awake;
  logic [31:0]            fetch_number;
  assign beat_ready[0] = 1'b1;
  fetch #(
    .AddrBits(AddrBits), .BusBytes(BusBytes), .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth),
    .InpDepth(InpDepth), .WgtDepth(WgtDepth), .AccDepth(AccDepth), .PrmDepth(PrmDepth), .RequantLanes(RequantLanes),
    .DepthwiseWidth(DepthwiseWidth), .ExtendedAlu(ExtendedAlu), .InsnWidth(InsnBits)
  ) u_fetch (
    .clk_i(clk_front_i),
    .rst_ni(engines_rst_n),
    .halt_i(halt),
    .start_i(begin_run),
    .addr_i(insn_addr),
    .count_i(insn_count),
    .burst_valid_o(burst_valid[0]),
    .burst_ready_i(burst_ready[0]),
    .burst_addr_o(burst_addr[0 +: AddrBits]),
    .burst_len_o(burst_len[0 +: 8]),
    .beat_valid_i(beat_valid[0]),
    .beat_data_i(beat_data),
    .beat_error_i(beat_error),
    .command_o(fetched),
    .load_valid_o(fetched_load),
    .load_ready_i(room_load),
    .compute_valid_o(fetched_compute),
    .compute_ready_i(room_compute),
    .store_valid_o(fetched_store),
    .store_ready_i(room_store),
    .done_o(fetch_done),
    .moving_o(fetch_moving),
    .blocked_o(fetch_blocked),
    .awake_o(fetch_awake),
    .failed_o(fetch_failed),
    .number_o(fetch_number)
  );

  stream_fifo #(.Width(QueuedBits), .Depth(CommandQueueDepth)) u_load_queue (
    .clk_i(clk_front_i),
    .rst_ni(engines_rst_n),
    .wvalid_i(fetched_load),
    .wready_o(room_load),
    .wdata_i(fetched),
    .rvalid_o(load_valid),
    .rready_i(load_ready),
    .rdata_o(load_queued),
    .level_o(load_level)
  );
  stream_fifo #(.Width(QueuedBits), .Depth(CommandQueueDepth)) u_compute_queue (
    .clk_i(clk_front_i),
    .rst_ni(engines_rst_n),
    .wvalid_i(fetched_compute),
    .wready_o(room_compute),
    .wdata_i(fetched),
    .rvalid_o(compute_valid),
    .rready_i(compute_ready),
    .rdata_o(compute_queued),
    .level_o(compute_level)
  );
  stream_fifo #(.Width(QueuedBits), .Depth(CommandQueueDepth)) u_store_queue (
    .clk_i(clk_front_i),
    .rst_ni(engines_rst_n),
    .wvalid_i(fetched_store),
    .wready_o(room_store),
    .wdata_i(fetched),
    .rvalid_o(store_valid),
    .rready_i(store_ready),
    .rdata_o(store_queued),
    .level_o(store_level)
  );

  // An instruction with a fault waits at the head of its queue for the end of the run.
  assign load_fault = load_queued[CommandBits +: 4];
  assign compute_fault = compute_queued[CommandBits +: 4];
  assign store_fault = store_queued[CommandBits +: 4];

  // Tokens: 0 load to compute, 1 compute to load, 2 compute to store, 3 store to compute.
  logic                 load_pushes, store_pushes, load_retires, compute_retires, store_retires;
  logic [1:0]           compute_pushes;  // to load, to store
  logic [3:0]           token_reserve, token_push, token_pop, token_space, token_available;
  logic [4*TokenBits-1:0] token_level;
  assign token_push = {store_pushes, compute_pushes[1], compute_pushes[0], load_pushes};
  assign retire_o = {store_retires, compute_retires, load_retires};
  genvar t;
  for (t = 0; t < 4; t++) begin : gen_tokens
    token_queue #(.Depth(TokenQueueDepth)) u_tokens (
      .clk_i(clk_front_i),
      .rst_ni(engines_rst_n),
      .reserve_i(token_reserve[t]),
      .push_i(token_push[t]),
      .pop_i(token_pop[t]),
      .space_o(token_space[t]),
      .available_o(token_available[t]),
      .level_o(token_level[t*TokenBits +: TokenBits])
    );
    assign token_level_o[16*t +: 16] = 16'(token_level[t*TokenBits +: TokenBits]);
  end

  // Load.
  logic                 inp_write, wgt_write, prm_write, write_pad, load_idle, load_busy, load_wait, load_full;
  logic [IndexBits-1:0] write_index;
  logic [ChunkBits-1:0] write_chunk;
  logic [LaneBits-1:0]  write_first, write_count;
  logic [BusBits-1:0]   write_data;
  logic [7:0]           inp_pad;
  logic                 load_failed;
  logic [31:0]          load_number;
  logic [LaneBits-1:0]  load_bytes;
  load_engine #(
    .AddrBits(AddrBits), .BusBytes(BusBytes), .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth),
    .InpDepth(InpDepth), .WgtDepth(WgtDepth), .AccDepth(AccDepth), .PrmDepth(PrmDepth), .InsnWidth(InsnBits), .IndexBits(IndexBits),
    .ChunkBits(ChunkBits)
  ) u_load (
    .clk_i(clk_read_i),
    .rst_ni(engines_rst_n),
    .halt_i(halt),
    .inp_base_i(inp_base),
    .wgt_base_i(wgt_base),
    .prm_base_i(prm_base),
    .command_valid_i(load_valid),
    .command_ready_o(load_ready),
    .command_i(load_queued[CommandBits-1:0]),
    .token_available_i(token_available[1]),
    .token_pop_o(token_pop[1]),
    .token_space_i(token_space[0]),
    .token_reserve_o(token_reserve[0]),
    .token_push_o(load_pushes),
    .burst_valid_o(burst_valid[2]),
    .burst_ready_i(burst_ready[2]),
    .burst_addr_o(burst_addr[2*AddrBits +: AddrBits]),
    .burst_len_o(burst_len[16 +: 8]),
    .beat_valid_i(beat_valid[2]),
    .beat_ready_o(beat_ready[2]),
    .beat_data_i(beat_data),
    .beat_error_i(beat_error),
    .inp_write_o(inp_write),
    .wgt_write_o(wgt_write),
    .prm_write_o(prm_write),
    .write_pad_o(write_pad),
    .inp_pad_o(inp_pad),
    .write_index_o(write_index),
    .write_chunk_o(write_chunk),
    .write_first_o(write_first),
    .write_count_o(write_count),
    .write_data_o(write_data),
    .retire_o(load_retires),
    .retire_number_o(retire_insn_o[0 +: 32]),
    .idle_o(load_idle),
    .busy_o(load_busy),
    .wait_compute_o(load_wait),
    .wait_space_o(load_full),
    .bytes_o(load_bytes),
    .failed_o(load_failed),
    .number_o(load_number)
  );

  localparam int InpReads = (DepthwiseWidth > 1) ? DepthwiseWidth : 1;  // inputs read together
  localparam int PrmBits = (PrmDepth > 1) ? $clog2(PrmDepth) : 1;
  logic                        inp_read, wgt_read, prm_read;
  logic [$clog2(InpDepth)-1:0] inp_index;
  logic [$clog2(WgtDepth)-1:0] wgt_index;
  logic [PrmBits-1:0]          prm_index;
  logic [InpReads*InpWidth-1:0] inp_data;
  logic [WgtWidth-1:0]         wgt_data;
  logic [MemPrmBits-1:0]       prm_data;
  load_buffer #(
    .Width(InpWidth), .Depth(InpDepth), .Reads(InpReads), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)
  ) u_inp (
    .clk_i,
    .write_valid_i(inp_write),
    .write_pad_i(write_pad),
    .pad_i(inp_pad),
    .write_index_i(write_index),
    .write_chunk_i(write_chunk),
    .write_first_i(write_first),
    .write_count_i(write_count),
    .write_data_i(write_data),
    .read_en_i(inp_read),
    .read_index_i(inp_index),
    .read_data_o(inp_data)
  );
  load_buffer #(
    .Width(WgtWidth), .Depth(WgtDepth), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)
  ) u_wgt (
    .clk_i,
    .write_valid_i(wgt_write),
    .write_pad_i(write_pad),
    .pad_i(8'd0),
    .write_index_i(write_index),
    .write_chunk_i(write_chunk),
    .write_first_i(write_first),
    .write_count_i(write_count),
    .write_data_i(write_data),
    .read_en_i(wgt_read),
    .read_index_i(wgt_index),
    .read_data_o(wgt_data)
  );

  if (RequantLanes > 0) begin : gen_prm
    load_buffer #(
      .Width(MemPrmBits), .Depth(PrmDepth), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)
    ) u_prm (
      .clk_i,
      .write_valid_i(prm_write),
      .write_pad_i(write_pad),
      .pad_i(8'd0),
      .write_index_i(write_index),
      .write_chunk_i(write_chunk),
      .write_first_i(write_first),
      .write_count_i(write_count),
      .write_data_i(write_data),
      .read_en_i(prm_read),
      .read_index_i(prm_index),
      .read_data_o(prm_data)
    );
  end else begin : gen_no_prm
    assign prm_data = '0;
    logic unused_prm;
    assign unused_prm = &{1'b0, prm_read, prm_index};
  end

  // Compute, with the micro-ops, the accumulators and the output buffer.
  logic                 store_read, others_idle;
  logic [IndexBits-1:0] store_index;
  logic [ChunkBits-1:0] store_chunk;
  logic [LaneBits-1:0]  store_first, store_count;
  logic [BusBits-1:0]   store_data;
  logic                 depthwise_step, requantize_step;
  logic                 finish, gemm_step, alu_step, compute_idle, compute_busy, compute_wait_load, compute_wait_store;
  logic                 compute_full, compute_wait_memory, store_idle;
  logic                 compute_failed, read_awake, requantize_awake;
  logic [3:0]           compute_code;
  logic [31:0]          compute_number, compute_retire_number;
  logic [LaneBits-1:0]  uop_bytes, acc_bytes;
  assign retire_insn_o[32 +: 32] = compute_retire_number;
  compute_engine #(
    .AddrBits(AddrBits), .BusBytes(BusBytes), .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth),
    .InpDepth(InpDepth), .WgtDepth(WgtDepth), .AccDepth(AccDepth), .PrmDepth(PrmDepth), .RequantLanes(RequantLanes),
    .DepthwiseWidth(DepthwiseWidth), .AluLanes(AluLanes), .ExtendedAlu(ExtendedAlu), .DspPacking(DspPacking),
    .InsnWidth(InsnBits), .IndexBits(IndexBits), .ChunkBits(ChunkBits)
  ) u_compute (
    .clk_i,
    .clk_read_i,
    .clk_requantize_i,
    .read_awake_o(read_awake),
    .requantize_awake_o(requantize_awake),
    .rst_ni(engines_rst_n),
    .halt_i(halt),
    .uop_base_i(uop_base),
    .acc_base_i(acc_base),
    .command_valid_i(compute_valid),
    .command_ready_o(compute_ready),
    .command_i(compute_queued[CommandBits-1:0]),
    .others_idle_i(others_idle),
    .tokens_left_i(token_available != '0),
    .token_available_i({token_available[3], token_available[0]}),
    .token_pop_o({token_pop[3], token_pop[0]}),
    .token_space_i({token_space[2], token_space[1]}),
    .token_reserve_o({token_reserve[2], token_reserve[1]}),
    .token_push_o(compute_pushes),
    .burst_valid_o(burst_valid[1]),
    .burst_ready_i(burst_ready[1]),
    .burst_addr_o(burst_addr[AddrBits +: AddrBits]),
    .burst_len_o(burst_len[8 +: 8]),
    .beat_valid_i(beat_valid[1]),
    .beat_ready_o(beat_ready[1]),
    .beat_data_i(beat_data),
    .beat_error_i(beat_error),
    .inp_read_o(inp_read),
    .inp_index_o(inp_index),
    .inp_data_i(inp_data),
    .wgt_read_o(wgt_read),
    .wgt_index_o(wgt_index),
    .wgt_data_i(wgt_data),
    .prm_read_o(prm_read),
    .prm_index_o(prm_index),
    .prm_data_i(prm_data),
    .store_en_i(store_read),
    .store_index_i(store_index),
    .store_chunk_i(store_chunk),
    .store_first_i(store_first),
    .store_count_i(store_count),
    .store_data_o(store_data),
    .retire_o(compute_retires),
    .retire_number_o(compute_retire_number),
    .finish_o(finish),
    .gemm_step_o(gemm_step),
    .alu_step_o(alu_step),
    .depthwise_step_o(depthwise_step),
    .requantize_step_o(requantize_step),
    .idle_o(compute_idle),
    .busy_o(compute_busy),
    .wait_load_o(compute_wait_load),
    .wait_store_o(compute_wait_store),
    .wait_space_o(compute_full),
    .wait_memory_o(compute_wait_memory),
    .uop_bytes_o(uop_bytes),
    .acc_bytes_o(acc_bytes),
    .failed_o(compute_failed),
    .failed_code_o(compute_code),
    .number_o(compute_number)
  );

  // Store.
  logic                store_busy, store_wait, store_full, store_answered, store_failed;
  logic [31:0]         store_number;
  logic [LaneBits-1:0] out_bytes;
  store_engine #(
    .AddrBits(AddrBits), .BusBytes(BusBytes), .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth),
    .InpDepth(InpDepth), .WgtDepth(WgtDepth), .AccDepth(AccDepth), .PrmDepth(PrmDepth), .InsnWidth(InsnBits), .IndexBits(IndexBits),
    .ChunkBits(ChunkBits)
  ) u_store (
    .clk_i(clk_store_i),
    .rst_ni(engines_rst_n),
    .halt_i(halt),
    .out_base_i(out_base),
    .command_valid_i(store_valid),
    .command_ready_o(store_ready),
    .command_i(store_queued[CommandBits-1:0]),
    .token_available_i(token_available[2]),
    .token_pop_o(token_pop[2]),
    .token_space_i(token_space[3]),
    .token_reserve_o(token_reserve[3]),
    .token_push_o(store_pushes),
    .read_en_o(store_read),
    .read_index_o(store_index),
    .read_chunk_o(store_chunk),
    .read_first_o(store_first),
    .read_count_o(store_count),
    .read_data_i(store_data),
    .awvalid_o(m_awvalid_o),
    .awready_i(m_awready_i),
    .awaddr_o(m_awaddr_o),
    .awlen_o(m_awlen_o),
    .wvalid_o(m_wvalid_o),
    .wready_i(m_wready_i),
    .wdata_o(m_wdata_o),
    .wstrb_o(m_wstrb_o),
    .wlast_o(m_wlast_o),
    .bvalid_i(m_bvalid_i),
    .bready_o(m_bready_o),
    .bresp_i(m_bresp_i),
    .retire_o(store_retires),
    .retire_number_o(retire_insn_o[64 +: 32]),
    .idle_o(store_idle),
    .busy_o(store_busy),
    .wait_compute_o(store_wait),
    .wait_space_o(store_full),
    .bytes_o(out_bytes),
    .answered_o(store_answered),
    .failed_o(store_failed),
    .number_o(store_number)
  );
  assign m_awid_o = 2'd0;
  assign m_awsize_o = 3'($clog2(BusBytes));
  assign m_awburst_o = 2'b01;
  assign m_arsize_o = 3'($clog2(BusBytes));
  assign m_arburst_o = 2'b01;

  axi_read_arbiter #(.AddrBits(AddrBits), .BusBytes(BusBytes), .Outstanding(OutstandingReads)) u_reads (
    .clk_i(clk_read_i),
    .rst_ni,
    .burst_valid_i(burst_valid),
    .burst_ready_o(burst_ready),
    .burst_addr_i(burst_addr),
    .burst_len_i(burst_len),
    .beat_valid_o(beat_valid),
    .beat_ready_i(beat_ready),
    .beat_data_o(beat_data),
    .beat_error_o(beat_error),
    .idle_o(reads_idle),
    .arvalid_o(m_arvalid_o),
    .arready_i(m_arready_i),
    .arid_o(m_arid_o),
    .araddr_o(m_araddr_o),
    .arlen_o(m_arlen_o),
    .rvalid_i(m_rvalid_i),
    .rready_o(m_rready_o),
    .rid_i(m_rid_i),
    .rdata_i(m_rdata_i),
    .rresp_i(m_rresp_i),
    .rlast_i(m_rlast_i)
  );

  // The run. An engine has failed where it met an error itself, or where all before an instruction with a fault has retired.
  logic        run_awake;
  logic        load_fails, compute_fails, store_fails, compute_finishes, read_beat;
  logic [31:0] load_head, compute_head, store_head;
  assign load_head = load_queued[InsnBits +: 32];
  assign compute_head = compute_queued[InsnBits +: 32];
  assign store_head = store_queued[InsnBits +: 32];
  assign load_fails = load_valid && load_fault != 4'(ErrorNone) && load_idle;
  logic compute_faulty;
  always_comb begin
    compute_faulty = 1'b0;
    if (compute_valid && compute_fault != 4'(ErrorNone)) compute_faulty = 1'b1;
  end
  always_comb begin
    compute_fails = 1'b0;
    if (compute_faulty) compute_fails = compute_idle;
  end
  assign store_fails = store_valid && store_fault != 4'(ErrorNone) && store_idle;
  assign others_idle = fetch_done && !fetch_failed && load_level == '0 && load_idle && !load_failed &&
                       store_level == '0 && store_idle && !store_failed;
  // FINISH waits for the others.
  assign compute_finishes = compute_valid && compute_queued[InsnOpLsb +: InsnOpW] == OpFinish && !others_idle;
  assign quiet = reads_idle && burst_valid == '0 && store_idle && !m_awvalid_o && !m_wvalid_o;
  assign read_beat = beat_valid != '0 && (beat_valid & ~beat_ready) == '0;

  // (what changes seldom apart from the rest, here and below, so that simulators need not look at it)
  logic others_moving, others_still, still;
  always_comb begin
    others_moving = 1'b0;
    if (fetch_moving || read_beat || store_answered || load_busy || store_busy || load_retires || store_retires) others_moving = 1'b1;
  end
  always_comb begin
    others_still = 1'b0;
    if (store_idle && (store_failed || store_fails || store_level == '0 || store_wait || store_full) &&
        load_idle && (load_failed || load_fails || load_level == '0 || load_wait || load_full) && (fetch_done || fetch_blocked)) begin
      others_still = 1'b1;
    end
  end
  always_comb begin
    still = 1'b0;
    if (others_still) begin
      still = compute_idle && (compute_failed || compute_fails || compute_level == '0 || compute_wait_load || compute_wait_store ||
                               compute_full || compute_finishes);
    end
  end

  run_control u_run (
    .clk_i,
    .clk_state_i(clk_front_i),
    .awake_o(run_awake),
    .rst_ni,
    .start_i(start),
    .soft_reset_i(soft_reset),
    .misaligned_i(misaligned),
    .watchdog_i(watchdog),
    .insn_count_i(insn_count),
    .finish_i(finish),
    .failed_i({store_failed, compute_failed, load_failed, fetch_failed}),
    .faulty_i({store_fails, compute_fails, load_fails, 1'b0}),
    .still_i(still),
    .queued_i({store_level != '0, compute_level != '0, load_level != '0, 1'b0}),
    .active_i({!store_idle, !compute_idle, !load_idle, !fetch_done && !fetch_blocked}),
    .fetch_number_i(fetch_number),
    .load_number_i(load_number),
    .compute_number_i(compute_number),
    .store_number_i(store_number),
    .load_head_i(load_head),
    .compute_head_i(compute_head),
    .store_head_i(store_head),
    .compute_code_i(compute_code),
    .load_fault_i(load_fault),
    .compute_fault_i(compute_fault),
    .store_fault_i(store_fault),
    .progress_i(others_moving || compute_busy || compute_retires),
    .quiet_i(quiet),
    .engines_rst_no(engines_rst_n),
    .begin_o(begin_run),
    .halt_o(halt),
    .running_o(running),
    .clear_o(clear),
    .busy_o(busy),
    .done_o(done),
    .ended_o(ended),
    .error_code_o(error_code),
    .error_insn_o(error_insn),
    .cycles_o(cycles)
  );
  assign done_o = done;

  // Every engine's cycle has one cause, the first of: busy, what its next instruction waits for, what it has under way, none.
  localparam logic [4:0] NoCause = 5'd31;
  logic [4:0] fetch_cause, load_cause, compute_cause, store_cause;
  always_comb begin
    if (!running) fetch_cause = NoCause;
    else if (!engines_rst_n) fetch_cause = 5'(CountFetchIdle);
    else if (fetch_moving || beat_valid[0]) fetch_cause = 5'(CountFetchBusy);
    else if (fetch_blocked) fetch_cause = 5'(CountFetchBlocked);
    else if (!fetch_done) fetch_cause = 5'(CountFetchWaitMemory);
    else fetch_cause = 5'(CountFetchIdle);

    if (!running) load_cause = NoCause;
    else if (!engines_rst_n) load_cause = 5'(CountLoadIdle);
    else if (load_busy) load_cause = 5'(CountLoadBusy);
    else if (!load_idle) load_cause = 5'(CountLoadWaitMemory);
    else if (load_wait) load_cause = 5'(CountLoadWaitCompute);
    else if (load_full) load_cause = 5'(CountLoadBlocked);
    else if (load_valid && !load_fails) load_cause = 5'(CountLoadBusy);
    else load_cause = 5'(CountLoadIdle);

    if (!running) compute_cause = NoCause;
    else if (!engines_rst_n) compute_cause = 5'(CountComputeIdle);
    else if (compute_busy) compute_cause = 5'(CountComputeBusy);
    else if (compute_wait_memory) compute_cause = 5'(CountComputeWaitMemory);
    else if (compute_wait_load) compute_cause = 5'(CountComputeWaitLoad);
    else if (compute_wait_store) compute_cause = 5'(CountComputeWaitStore);
    else if (compute_full || !compute_idle || (compute_valid && !compute_fails)) compute_cause = 5'(CountComputeBlocked);
    else compute_cause = 5'(CountComputeIdle);

    if (!running) store_cause = NoCause;
    else if (!engines_rst_n) store_cause = 5'(CountStoreIdle);
    else if (store_busy) store_cause = 5'(CountStoreBusy);
    else if (!store_idle) store_cause = 5'(CountStoreWaitMemory);
    else if (store_wait) store_cause = 5'(CountStoreWaitCompute);
    else if (store_full) store_cause = 5'(CountStoreBlocked);
    else if (store_valid && !store_fails) store_cause = 5'(CountStoreBusy);
    else store_cause = 5'(CountStoreIdle);
  end
  perf_counters #(.Width(CounterBits), .ByteBits(LaneBits)) u_counters (
    .clk_i,
    .clk_read_i,
    .clk_store_i,
    .clk_requantize_i,
    .clear_i(clear),
    .enable_i(running),
    .cycles_i(cycles[CounterBits-1:0]),
    .fetch_cause_i(fetch_cause),
    .load_cause_i(load_cause),
    .compute_cause_i(compute_cause),
    .store_cause_i(store_cause),
    .gemm_step_i(gemm_step),
    .alu_step_i(alu_step),
    .requantize_step_i(requantize_step),
    .depthwise_step_i(depthwise_step),
    .uop_bytes_i(uop_bytes),
    .inp_bytes_i(inp_write ? load_bytes : '0),
    .wgt_bytes_i(wgt_write ? load_bytes : '0),
    .acc_bytes_i(acc_bytes),
    .prm_bytes_i(prm_write ? load_bytes : '0),
    .out_bytes_i(out_bytes),
    .read_beat_i(read_beat),
    .write_beat_i(store_busy),
    .read_i(counter_read),
    .select_i(counter_select[4:0]),
    .value_o(counter)
  );

  assign head_valid_o = {store_valid, compute_valid, load_valid};
  assign head_insn_o = {store_head, compute_head, load_head};
  assign wait_token_o = {store_wait, compute_wait_store, compute_wait_load, load_wait};
  assign wait_space_o = {store_full, compute_full, load_full};
  assign engine_idle_o = {store_idle, compute_idle, load_idle};
  // Fetch forgets where it stood when the run is halted; who looks wants what was before.
  logic        fetch_done_q;
  logic [31:0] fetch_number_q;
  always_ff @(posedge clk_front_i) begin
    if (!halt) begin
      fetch_done_q <= fetch_done;
      fetch_number_q <= fetch_number;
    end
  end
  assign fetch_done_o = fetch_done_q;
  assign fetch_insn_o = fetch_number_q;
  assign engine_busy_o = {store_busy, compute_busy, load_busy};
  // What may change with the next edge: everything without a run and in the engines' reset.
  logic reset, settling, noted;
  assign reset = halt || !engines_rst_n || clear;
  assign settling = (load_level != '0 && !load_valid) || (compute_level != '0 && !compute_valid) || (store_level != '0 && !store_valid);
  assign noted = fetch_done_q == fetch_done && fetch_number_q == fetch_number;
  logic front_stirs, read_stirs;
  always_comb begin
    front_stirs = 1'b0;
    if (reset || control_awake || fetch_awake || settling || !noted || load_ready || store_ready || load_pushes || store_pushes) begin
      front_stirs = 1'b1;
    end
  end
  always_comb begin
    read_stirs = 1'b0;
    if (reset || burst_valid != '0 || !reads_idle || load_ready || !load_idle) read_stirs = 1'b1;
  end
  assign front_awake_o = front_stirs || run_awake || compute_ready || compute_pushes != '0;
  assign read_awake_o = read_stirs || read_awake;
  assign store_awake_o = reset || store_ready || !store_idle || m_awvalid_o || m_wvalid_o;
  assign requantize_awake_o = reset || requantize_awake;


  logic unused;
  assign unused = &{1'b0, counter_select[7:5], cycles[63:CounterBits]};

  // Parameters: powers of two, except for what is counted.
  initial begin
    if (BusBytes < 8 || BusBytes > 64 || (BusBytes & (BusBytes - 1)) != 0) $fatal(1, "BusBytes must be 8, 16, 32 or 64");
    if ((Batch & (Batch - 1)) != 0) $fatal(1, "Batch must be a power of two");
    if (BlockOut < 4 || (BlockOut & (BlockOut - 1)) != 0) $fatal(1, "BlockOut must be a power of two, at least 4");
  end
endmodule
