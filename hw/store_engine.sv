// Executes STOREs in queue order: reads the output buffer, one beat per cycle, and writes it to DRAM. A STORE retires, and pushes its
// token, after the last of its write responses; the next STOREs stream meanwhile. First beat six cycles after the start. A response with
// an error ends the work for good: nothing retires any more, and only the beats of bursts that the bus has been promised are still sent.
module store_engine #(
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
  parameter int Outstanding = 64,  // bursts without response
  localparam int BusBits = 8 * BusBytes,
  localparam int LaneBits = $clog2(BusBytes) + 1,
  localparam int CommandBits = InsnWidth + 33
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   halt_i,
  input  logic [AddrBits-1:0]    out_base_i,

  input  logic                   command_valid_i,
  output logic                   command_ready_o,
  input  logic [CommandBits-1:0] command_i,

  // Tokens from and to compute.
  input  logic                   token_available_i,
  output logic                   token_pop_o,
  input  logic                   token_space_i,
  output logic                   token_reserve_o,
  output logic                   token_push_o,

  // Output buffer: the beat's elements arrive one cycle after the request, in their lanes.
  output logic                   read_en_o,
  output logic [IndexBits-1:0]   read_index_o,
  output logic [ChunkBits-1:0]   read_chunk_o,
  output logic [LaneBits-1:0]    read_first_o,
  output logic [LaneBits-1:0]    read_count_o,
  input  logic [BusBits-1:0]     read_data_i,

  output logic                   awvalid_o,
  input  logic                   awready_i,
  output logic [AddrBits-1:0]    awaddr_o,
  output logic [7:0]             awlen_o,
  output logic                   wvalid_o,
  input  logic                   wready_i,
  output logic [BusBits-1:0]     wdata_o,
  output logic [BusBytes-1:0]    wstrb_o,
  output logic                   wlast_o,
  input  logic                   bvalid_i,
  output logic                   bready_o,
  input  logic [1:0]             bresp_i,

  output logic                   retire_o,
  output logic [31:0]            retire_number_o,
  output logic                   idle_o,
  output logic                   busy_o,
  output logic                   wait_compute_o,
  output logic                   wait_space_o,
  output logic [LaneBits-1:0]    bytes_o,     // read from the output buffer in this cycle
  output logic                   answered_o,  // a response is taken in this cycle
  output logic                   failed_o,    // memory answered with an error; stays
  output logic [31:0]            number_o     // of the STORE that failed, else of the oldest under way
);
  `include "isa.svh"
  localparam int RowBits = 29;
  localparam int ElemBytes = MemOutBits / 8;
  localparam int ElemLog2 = $clog2(ElemBytes);
  localparam int Lanes = (ElemBytes < BusBytes) ? BusBytes / ElemBytes : 1;
  localparam int Chunks = (ElemBytes > BusBytes) ? ElemBytes / BusBytes : 1;

  logic                 legal;
  logic [31:0]          number;
  logic [InsnWidth-1:0] insn;
  assign {legal, number, insn} = command_i;  // legal: may be executed
  logic [IndexBits-1:0] sram_base;
  logic [31:0]          dram_base;
  logic [15:0]          y_size, x_size, x_stride;
  logic                 pop, push, empty;
  assign sram_base = IndexBits'(insn[StoreSramBaseLsb +: StoreSramBaseW]);
  assign dram_base = insn[StoreDramBaseLsb +: StoreDramBaseW];
  assign y_size = insn[StoreYSizeLsb +: StoreYSizeW];
  assign x_size = insn[StoreXSizeLsb +: StoreXSizeW];
  assign x_stride = insn[StoreXStrideLsb +: StoreXStrideW];
  assign pop = insn[InsnPopPrevLsb];
  assign push = insn[InsnPushPrevLsb];
  assign empty = x_size == '0 || y_size == '0;

  // Start: into the burst generator and the walker, or, where nothing moves, straight to the list of responses.
  logic token_ready, space_ready, ready, start, bursts_ready, walker_ready, list_ready;
  assign token_ready = !pop || token_available_i;
  assign space_ready = !push || token_space_i;
  logic failed_q, stop;
  assign stop = halt_i || failed_q;
  logic bursting_q;  // a STORE's bursts are not all in the list yet
  assign ready = bursts_ready && walker_ready && !bursting_q && !failed_q && (!empty || list_ready);
  assign start = command_valid_i && legal && token_ready && space_ready && ready && !halt_i;
  assign command_ready_o = start;
  assign token_pop_o = start && pop;
  assign token_reserve_o = start && push;

  logic [31:0] number_q;
  logic        push_q;
  always_ff @(posedge clk_i) begin
    if (start) begin
      number_q <= number;
      push_q <= push;
    end
  end

  logic                burst_valid, burst_ready, burst_last;
  logic [AddrBits-1:0] burst_addr;
  logic [7:0]          burst_len;
  burst_generator #(.AddrBits(AddrBits), .BusBytes(BusBytes), .RowBits(RowBits)) u_bursts (
    .clk_i,
    .rst_ni,
    .halt_i(stop),
    .start_i(start && !empty),
    .ready_o(bursts_ready),
    .addr_i(out_base_i + ({{(AddrBits - 32){1'b0}}, dram_base} << ElemLog2)),
    .rows_i(y_size),
    .bytes_i({{(RowBits - 16){1'b0}}, x_size} << ElemLog2),
    .stride_i({{(RowBits - 16){1'b0}}, x_stride} << ElemLog2),
    .burst_valid_o(burst_valid),
    .burst_ready_i(burst_ready),
    .burst_addr_o(burst_addr),
    .burst_len_o(burst_len),
    .burst_last_o(burst_last)
  );

  // A burst goes at once to the address channel, to the beats' list and to the responses' list.
  logic       aw_ready, beats_valid, beats_next, beats_ready;
  logic [7:0] beats_len;
  logic       take;
  assign take = burst_valid && aw_ready && beats_ready && list_ready;
  assign burst_ready = aw_ready && beats_ready && list_ready;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || stop) bursting_q <= 1'b0;
    else if (start && !empty) bursting_q <= 1'b1;
    else if (take && burst_last) bursting_q <= 1'b0;
  end

  // All three channels pass through register slices.
  stream_slice #(.Width(AddrBits + 8)) u_address (
    .clk_i,
    .rst_ni,
    .wvalid_i(take),
    .wready_o(aw_ready),
    .wdata_i({burst_addr, burst_len}),
    .rvalid_o(awvalid_o),
    .rready_i(awready_i),
    .rdata_o({awaddr_o, awlen_o})
  );

  localparam int BeatsDepth = 4;
  logic [$clog2(BeatsDepth+1)-1:0] beats_level;
  stream_fifo #(.Width(8), .Depth(BeatsDepth)) u_beats (
    .clk_i,
    .rst_ni,
    .wvalid_i(take),
    .wready_o(beats_ready),
    .wdata_i(burst_len),
    .rvalid_o(beats_valid),
    .rready_i(beats_next),
    .rdata_o(beats_len),
    .level_o(beats_level)
  );

  // Beats: one read of the output buffer each, then a small queue towards the bus that absorbs its stalls.
  logic                 walking, walk_last, step;
  logic [IndexBits-1:0] index;
  logic [ChunkBits-1:0] chunk;
  logic [LaneBits-1:0]  first, count;
  logic [7:0]           beat_q;
  logic                 beat_last;
  row_walker #(.BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)) u_walker (
    .clk_i,
    .rst_ni,
    .start_i(start && !empty),
    .ready_o(walker_ready),
    .index_i(sram_base),
    .rows_i(y_size),
    .elements_i(x_size),
    .gap_i({IndexBits{1'b0}}),
    .lane_i(dram_base[15:0]),
    .lane_stride_i(x_stride),
    .last_chunk_i(ChunkBits'(Chunks - 1)),
    .lanes_i(LaneBits'(Lanes)),
    .active_o(walking),
    .step_i(step),
    .index_o(index),
    .chunk_o(chunk),
    .first_o(first),
    .count_o(count),
    .last_o(walk_last)
  );

  localparam int QueueDepth = 4;
  logic [$clog2(QueueDepth+1)-1:0] queued;
  logic                            queue_ready;
  logic [1:0]                      coming_q;  // reads on their way to the queue
  assign step = walking && beats_valid && 3'(queued) + 3'(coming_q) < 3'(QueueDepth);
  assign beat_last = beat_q == beats_len;
  assign beats_next = step && beat_last;
  assign read_en_o = step;
  assign bytes_o = !step ? '0 : Lanes == 1 ? LaneBits'(BusBytes) : count << $clog2(ElemBytes);
  assign read_index_o = index;
  assign read_chunk_o = chunk;
  assign read_first_o = first;
  assign read_count_o = count;

  logic                valid_q, last_q;
  logic [LaneBits-1:0] first_q, count_q;
  logic [BusBytes-1:0] strobe;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      beat_q <= '0;
    end else begin
      valid_q <= step;
      if (step) beat_q <= beat_last ? '0 : beat_q + 8'd1;
    end
    if (step) begin
      last_q <= beat_last;
      first_q <= first;
      count_q <= count;
    end
  end
  assign coming_q = {1'b0, valid_q};

  genvar l;
  for (l = 0; l < Lanes; l++) begin : gen_strobe
    assign strobe[l*(BusBytes/Lanes) +: BusBytes/Lanes] =
        {(BusBytes/Lanes){LaneBits'(l) >= first_q && LaneBits'(l) - first_q < count_q}};
  end

  logic                       beat_valid, beat_ready;
  logic [BusBits+BusBytes:0]  beat;
  stream_fifo #(.Width(BusBits + BusBytes + 1), .Depth(QueueDepth)) u_queue (
    .clk_i,
    .rst_ni,
    .wvalid_i(valid_q),
    .wready_o(queue_ready),
    .wdata_i({last_q, strobe, read_data_i}),
    .rvalid_o(beat_valid),
    .rready_i(beat_ready),
    .rdata_o(beat),
    .level_o(queued)
  );
  stream_slice #(.Width(BusBits + BusBytes + 1)) u_data (
    .clk_i,
    .rst_ni,
    .wvalid_i(beat_valid),
    .wready_o(beat_ready),
    .wdata_i(beat),
    .rvalid_o(wvalid_o),
    .rready_i(wready_i),
    .rdata_o({wlast_o, wstrb_o, wdata_o})
  );

  // Responses, in order: {expects one, last of its instruction, pushes a token, instruction}.
  logic                              entry_valid, entry_done, expects, ends, pushes, fail;
  logic [$clog2(Outstanding+1)-1:0]  list_level;
  stream_fifo #(.Width(35), .Depth(Outstanding)) u_list (
    .clk_i,
    .rst_ni,
    .wvalid_i(take || (start && empty)),
    .wready_o(list_ready),
    .wdata_i(take ? {1'b1, burst_last, push_q, number_q} : {1'b0, 1'b1, push, number}),
    .rvalid_o(entry_valid),
    .rready_i(entry_done),
    .rdata_o({expects, ends, pushes, retire_number_o}),
    .level_o(list_level)
  );
  logic       response_valid, response_ready;
  logic [1:0] response;
  stream_slice #(.Width(2)) u_response (
    .clk_i,
    .rst_ni,
    .wvalid_i(bvalid_i),
    .wready_o(bready_o),
    .wdata_i(bresp_i),
    .rvalid_o(response_valid),
    .rready_i(response_ready),
    .rdata_o(response)
  );
  assign response_ready = entry_valid && expects;
  assign entry_done = entry_valid && (!expects || response_valid);
  assign fail = entry_done && expects && response[1];
  assign retire_o = entry_done && ends && !fail && !stop;
  assign token_push_o = retire_o && pushes;

  logic [31:0] failed_number_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) failed_q <= 1'b0;
    else if (fail) failed_q <= 1'b1;
    if (fail && !failed_q) failed_number_q <= retire_number_o;
  end
  assign failed_o = failed_q;
  assign number_o = failed_q ? failed_number_q : entry_valid ? retire_number_o : number_q;
  assign answered_o = response_valid && response_ready;

  assign idle_o = !bursting_q && list_level == '0;
  assign busy_o = beat_valid && beat_ready;
  assign wait_compute_o = command_valid_i && legal && !token_ready;
  assign wait_space_o = command_valid_i && legal && token_ready && !space_ready;

  logic unused;
  assign unused = &{1'b0, beats_level, walk_last, response[0], insn};

`ifdef VERILATOR
  QueueHasRoom: assert property (@(posedge clk_i) disable iff (!rst_ni) valid_q |-> queue_ready);
  ReadsWithinTheBuffer: assert property (@(posedge clk_i) disable iff (!rst_ni) read_en_o |-> 32'(index) + 32'(count) <= AccDepth);
  AddressStableUntilTaken: assert property (@(posedge clk_i) disable iff (!rst_ni)
      (awvalid_o && !awready_i) |=> (awvalid_o && $stable(awaddr_o) && $stable(awlen_o)));
  BurstsWithinAPage: assert property (@(posedge clk_i) disable iff (!rst_ni)
      awvalid_o |-> 32'(awaddr_o[11:0]) + (32'(awlen_o) + 1) * BusBytes <= 4096 && awaddr_o[$clog2(BusBytes)-1:0] == '0);
  EveryBeatWritesSomething: assert property (@(posedge clk_i) disable iff (!rst_ni) wvalid_o |-> wstrb_o != '0);
  ResponsesOnlyWhenOwed: assert property (@(posedge clk_i) disable iff (!rst_ni) bvalid_i |-> list_level != '0);
  DataStableUntilTaken: assert property (@(posedge clk_i) disable iff (!rst_ni)
      (wvalid_o && !wready_i) |=> (wvalid_o && $stable(wdata_o) && $stable(wstrb_o) && $stable(wlast_o)));
`endif
endmodule
