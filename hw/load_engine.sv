// Executes LOADs of inputs, weights and requantisation parameters in queue order, meeting compute through tokens. Up to eight LOADs
// overlap: the latency of memory is paid once for a row of them. A CONFIG waits for the LOADs before it, and takes one cycle.
module load_engine #(
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
  localparam int CommandBits = InsnWidth + 33
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   halt_i,
  input  logic [AddrBits-1:0]    inp_base_i,
  input  logic [AddrBits-1:0]    wgt_base_i,
  input  logic [AddrBits-1:0]    prm_base_i,

  input  logic                   command_valid_i,
  output logic                   command_ready_o,
  input  logic [CommandBits-1:0] command_i,

  // Tokens from and to compute.
  input  logic                   token_available_i,
  output logic                   token_pop_o,
  input  logic                   token_space_i,
  output logic                   token_reserve_o,
  output logic                   token_push_o,

  output logic                   burst_valid_o,
  input  logic                   burst_ready_i,
  output logic [AddrBits-1:0]    burst_addr_o,
  output logic [7:0]             burst_len_o,
  input  logic                   beat_valid_i,
  output logic                   beat_ready_o,
  input  logic [BusBits-1:0]     beat_data_i,
  input  logic                   beat_error_i,

  output logic                   inp_write_o,
  output logic                   wgt_write_o,
  output logic                   prm_write_o,
  output logic                   write_pad_o,
  output logic [7:0]             inp_pad_o,        // the bytes of INP's pads
  output logic [IndexBits-1:0]   write_index_o,
  output logic [ChunkBits-1:0]   write_chunk_o,
  output logic [LaneBits-1:0]    write_first_o,
  output logic [LaneBits-1:0]    write_count_o,
  output logic [BusBits-1:0]     write_data_o,

  output logic                   retire_o,
  output logic [31:0]            retire_number_o,
  output logic                   idle_o,           // no instruction is under way
  output logic                   busy_o,           // moves data in this cycle
  output logic                   wait_compute_o,   // the next instruction waits for a token
  output logic                   wait_space_o,     // or for room for the token that it will push
  output logic [LaneBits-1:0]    bytes_o,          // of the elements that are written in this cycle, padding excluded
  output logic                   failed_o,         // memory answered with an error; stays
  output logic [31:0]            number_o          // of the LOAD that failed, else of the oldest under way
);
  `include "isa.svh"
  localparam logic [1:0] KindInp = 2'd0;
  localparam logic [1:0] KindWgt = 2'd1;
  localparam logic [1:0] KindPrm = 2'd2;

  logic                 legal;
  logic [31:0]          number;
  logic [InsnWidth-1:0] insn;
  assign {legal, number, insn} = command_i;

  logic [3:0]           flags;
  logic                 is_load, is_uop, is_wgt, is_inp, is_acc, is_acc8, is_prm, empty;
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
    .prm_o(is_prm),
    .empty_o(empty),
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

  logic pop, push, token_ready, space_ready, may_start, start_config, start, reader_ready, reader_idle, done;
  logic [1:0] kind, done_push, write_kind;
  logic write_valid;
  logic [LaneBits-1:0] write_bytes;
  assign pop = flags[1];
  assign push = flags[3];
  assign token_ready = !pop || token_available_i;
  assign space_ready = !push || token_space_i;
  assign may_start = command_valid_i && legal && token_ready && space_ready && !halt_i;
  assign start_config = may_start && !is_load && reader_idle;
  assign start = (may_start && is_load && reader_ready) || start_config;
  assign command_ready_o = start;
  assign token_pop_o = start && pop;
  assign token_reserve_o = start && push;
  assign kind = is_wgt ? KindWgt : is_prm ? KindPrm : KindInp;

  // CONFIG.
  logic        config_q, config_push_q;
  logic [31:0] config_number_q, done_number;
  logic [7:0]  inp_pad_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      config_q <= 1'b0;
      inp_pad_q <= '0;
    end else begin
      config_q <= start_config;
      if (start_config && insn[ConfigStateLsb +: ConfigStateW] == StateInpPad) inp_pad_q <= insn[ConfigValueLsb +: StateInpPadW];
    end
    if (start_config) begin
      config_push_q <= push;
      config_number_q <= number;
    end
  end
  assign inp_pad_o = inp_pad_q;

  dma_reader #(.AddrBits(AddrBits), .BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)) u_reader (
    .clk_i,
    .rst_ni,
    .halt_i,
    .land_en_i(1'b1),
    .load_valid_i(may_start && is_load),
    .load_ready_o(reader_ready),
    .load_kind_i(kind),
    .load_elem_log2_i(is_wgt ? 5'($clog2(MemWgtBits / 8)) : is_prm ? 5'($clog2(MemPrmBits / 8)) : 5'($clog2(MemInpBits / 8))),
    .load_number_i(number),
    .load_push_i({push, 1'b0}),
    .load_base_i(is_wgt ? wgt_base_i : is_prm ? prm_base_i : inp_base_i),
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
    .write_valid_o(write_valid),
    .write_kind_o(write_kind),
    .write_zero_o(write_pad_o),
    .write_index_o,
    .write_chunk_o,
    .write_first_o,
    .write_count_o,
    .write_data_o,
    .write_bytes_o(write_bytes),
    .done_valid_o(done),
    .done_number_o(done_number),
    .done_push_o(done_push),
    .idle_o(reader_idle),
    .moving_o(busy_o),
    .failed_o,
    .number_o
  );
  assign bytes_o = write_valid ? write_bytes : '0;

  assign inp_write_o = write_valid && write_kind == KindInp;
  assign wgt_write_o = write_valid && write_kind == KindWgt;
  assign prm_write_o = write_valid && write_kind == KindPrm;
  assign retire_o = done || config_q;
  assign retire_number_o = done ? done_number : config_number_q;
  assign token_push_o = (done && done_push[1]) || (config_q && config_push_q);
  assign idle_o = reader_idle && !config_q;
  assign wait_compute_o = command_valid_i && legal && !token_ready;
  assign wait_space_o = command_valid_i && legal && token_ready && !space_ready;

  logic unused;
  assign unused = &{1'b0, flags[2], flags[0], is_uop, is_inp, is_acc, is_acc8, empty, done_push[0]};

`ifdef VERILATOR
  OnlyItsOwnMemories: assert property (@(posedge clk_i) disable iff (!rst_ni)
      (command_valid_i && legal && is_load) |-> (is_inp || is_wgt || is_prm));
  OneRetires: assert property (@(posedge clk_i) disable iff (!rst_ni) !(done && config_q));
`endif
endmodule
