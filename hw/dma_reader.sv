// Executes the LOADs of one engine: requests the block's bursts, and writes beats and zero padding as elements into scratchpads.
// Requests of the next LOADs go out while data of earlier ones are in flight; elements land in program order. One beat per cycle;
// padding uses cycles without a beat, what is left of it at the end of a LOAD costs a cycle per element. A LOAD is done when its last
// element can be read. A beat with an error ends the work for good: that LOAD and those behind it are dropped, what is in flight is taken.
module dma_reader #(
  parameter int AddrBits = 48,
  parameter int BusBytes = 8,
  parameter int IndexBits = 24,
  parameter int ChunkBits = 8,
  parameter int InFlight = 8,  // LOADs between first request and last element
  localparam int LaneBits = $clog2(BusBytes) + 1,
  localparam int BusBits = 8 * BusBytes
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 halt_i,     // the run is over: request and write nothing more
  input  logic                 land_en_i,  // elements may be written

  // One LOAD.
  input  logic                 load_valid_i,
  output logic                 load_ready_o,
  input  logic [1:0]           load_kind_i,       // the caller's name of the scratchpad and element
  input  logic [4:0]           load_elem_log2_i,  // bytes of an element in DRAM
  input  logic [31:0]          load_number_i,     // index of the instruction in the program
  input  logic [1:0]           load_push_i,       // passed to done_push_o
  input  logic [AddrBits-1:0]  load_base_i,       // base register, bytes
  input  logic [31:0]          load_dram_i,       // elements
  input  logic [IndexBits-1:0] load_sram_i,
  input  logic [15:0]          load_y_size_i,
  input  logic [15:0]          load_x_size_i,
  input  logic [15:0]          load_x_stride_i,
  input  logic [3:0]           load_y_pad_0_i,
  input  logic [3:0]           load_y_pad_1_i,
  input  logic [3:0]           load_x_pad_0_i,
  input  logic [3:0]           load_x_pad_1_i,

  // Bursts to the read arbiter, beats from it.
  output logic                 burst_valid_o,
  input  logic                 burst_ready_i,
  output logic [AddrBits-1:0]  burst_addr_o,
  output logic [7:0]           burst_len_o,
  input  logic                 beat_valid_i,
  output logic                 beat_ready_o,
  input  logic [BusBits-1:0]   beat_data_i,
  input  logic                 beat_error_i,

  // Elements to the scratchpads, registered.
  output logic                 write_valid_o,
  output logic [1:0]           write_kind_o,
  output logic                 write_zero_o,   // one whole element of zeros
  output logic [IndexBits-1:0] write_index_o,  // first element
  output logic [ChunkBits-1:0] write_chunk_o,
  output logic [LaneBits-1:0]  write_first_o,  // its lane in the beat
  output logic [LaneBits-1:0]  write_count_o,
  output logic [BusBits-1:0]   write_data_o,
  output logic [LaneBits-1:0]  write_bytes_o,  // of the elements that the beat brought; 0 for padding

  output logic                 done_valid_o,
  output logic [31:0]          done_number_o,
  output logic [1:0]           done_push_o,
  output logic                 idle_o,     // nothing requested, nothing to land
  output logic                 moving_o,   // a beat or a padding element is taken in this cycle
  output logic                 failed_o,   // memory answered with an error; stays
  output logic [31:0]          number_o    // of the LOAD that failed, else of the oldest under way
);
  localparam int RowBits = 29;
  localparam int BusLog2 = $clog2(BusBytes);

  // Requests.
  logic                burst_ready, start, pending_ready, load_empty, stop;
  logic [AddrBits-1:0] row_addr;
  logic [RowBits-1:0]  row_bytes, row_stride;
  // Unknown where there is no LOAD: no gates, and no work for a simulator.
  always_comb begin
    row_addr = 'x;
    row_bytes = 'x;
    row_stride = 'x;
    if (load_valid_i) begin
      row_addr = load_base_i + ({{(AddrBits - 32){1'b0}}, load_dram_i} << load_elem_log2_i);
      row_bytes = {{(RowBits - 16){1'b0}}, load_x_size_i} << load_elem_log2_i;
      row_stride = {{(RowBits - 16){1'b0}}, load_x_stride_i} << load_elem_log2_i;
    end
  end
  assign load_ready_o = burst_ready && pending_ready && !stop;
  assign start = load_valid_i && load_ready_o;
  assign load_empty = load_x_size_i == '0 || load_y_size_i == '0;

  logic burst_last_unused;
  burst_generator #(.AddrBits(AddrBits), .BusBytes(BusBytes), .RowBits(RowBits)) u_bursts (
    .clk_i,
    .rst_ni,
    .halt_i(stop),
    .start_i(start && !load_empty),
    .ready_o(burst_ready),
    .addr_i(row_addr),
    .rows_i(load_y_size_i),
    .bytes_i(row_bytes),
    .stride_i(row_stride),
    .burst_valid_o,
    .burst_ready_i,
    .burst_addr_o,
    .burst_len_o,
    .burst_last_o(burst_last_unused)
  );

  // What has been requested waits here for its data, in order.
  localparam int PendingBits = 2 + 5 + IndexBits + 32 + 2 + 4 * 16 + 16;
  logic                  head_valid, head_ready;
  logic [PendingBits-1:0] head;
  logic [1:0]            kind, push;
  logic [4:0]            elem_log2;
  logic [IndexBits-1:0]  sram;
  logic [31:0]           number;
  logic [15:0]           lane, y_size, x_size, x_stride;
  logic [3:0]            y_pad_0, y_pad_1, x_pad_0, x_pad_1;
  logic [$clog2(InFlight+1)-1:0] pending_level;

  stream_fifo #(.Width(PendingBits), .Depth(InFlight)) u_pending (
    .clk_i,
    .rst_ni(rst_ni && !stop),
    .wvalid_i(start),
    .wready_o(pending_ready),
    .wdata_i({load_kind_i, load_elem_log2_i, load_sram_i, load_number_i, load_push_i, load_dram_i[15:0],
              load_y_size_i, load_x_size_i, load_x_stride_i, load_y_pad_0_i, load_y_pad_1_i, load_x_pad_0_i, load_x_pad_1_i}),
    .rvalid_o(head_valid),
    .rready_i(head_ready),
    .rdata_o(head),
    .level_o(pending_level)
  );
  assign {kind, elem_log2, sram, number, push, lane, y_size, x_size, x_stride, y_pad_0, y_pad_1, x_pad_0, x_pad_1} = head;

  // Landing: the data walker takes beats, the padding walker takes the cycles between them.
  logic                 busy_q, data_active, data_last, pad_active, pad_write, pad_done, finish, beat_taken, pad_grant, failed_q;
  logic [IndexBits-1:0] data_index, pad_index, row_length;
  logic [ChunkBits-1:0] data_chunk;
  logic [LaneBits-1:0]  data_first, data_count;
  logic                 walker_ready, walk, fail;
  logic [1:0]           kind_q, push_q;
  logic [31:0]          number_q;
  logic [4:0]           elem_log2_q;

  assign stop = halt_i || failed_q;
  assign head_ready = (!busy_q || finish) && !fail;
  assign walk = head_valid && head_ready && x_size != '0 && y_size != '0;
  assign beat_ready_o = stop || (data_active && land_en_i);
  assign beat_taken = beat_valid_i && data_active && land_en_i && !stop;
  assign fail = beat_taken && beat_error_i;
  assign pad_grant = pad_write && !beat_taken && land_en_i && !stop;
  assign finish = busy_q && (!data_active || (beat_taken && data_last)) && (!pad_active || pad_done);

  logic [IndexBits-1:0] first_index, gap;
  logic [ChunkBits-1:0] last_chunk;
  logic [LaneBits-1:0]  lanes;
  always_comb begin
    row_length = 'x;
    first_index = 'x;
    gap = 'x;
    last_chunk = 'x;
    lanes = 'x;
    if (walk) begin
      row_length = IndexBits'(x_pad_0) + IndexBits'(x_size) + IndexBits'(x_pad_1);
      first_index = sram + IndexBits'(y_pad_0) * row_length + IndexBits'(x_pad_0);
      gap = IndexBits'(x_pad_0) + IndexBits'(x_pad_1);
      last_chunk = (elem_log2 > 5'(BusLog2)) ? (ChunkBits'(1) << (elem_log2 - 5'(BusLog2))) - 1'b1 : '0;
      lanes = (elem_log2 < 5'(BusLog2)) ? LaneBits'(1) << (5'(BusLog2) - elem_log2) : LaneBits'(1);
    end
  end

  row_walker #(.BusBytes(BusBytes), .IndexBits(IndexBits), .ChunkBits(ChunkBits)) u_data (
    .clk_i,
    .rst_ni(rst_ni && !stop),
    .start_i(walk),
    .ready_o(walker_ready),
    .index_i(first_index),
    .rows_i(y_size),
    .elements_i(x_size),
    .gap_i(gap),
    .lane_i(lane),
    .lane_stride_i(x_stride),
    .last_chunk_i(last_chunk),
    .lanes_i(lanes),
    .active_o(data_active),
    .step_i(beat_taken),
    .index_o(data_index),
    .chunk_o(data_chunk),
    .first_o(data_first),
    .count_o(data_count),
    .last_o(data_last)
  );

  pad_walker #(.IndexBits(IndexBits)) u_pads (
    .clk_i,
    .rst_ni(rst_ni && !stop),
    .start_i(walk),
    .index_i(sram),
    .rows_i(y_size),
    .elements_i(x_size),
    .top_i(y_pad_0),
    .bottom_i(y_pad_1),
    .left_i(x_pad_0),
    .right_i(x_pad_1),
    .active_o(pad_active),
    .write_o(pad_write),
    .grant_i(pad_grant),
    .index_o(pad_index),
    .done_o(pad_done)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) failed_q <= 1'b0;
    else if (fail) failed_q <= 1'b1;
    if (!rst_ni || stop) begin
      busy_q <= 1'b0;
      write_valid_o <= 1'b0;
      done_valid_o <= 1'b0;
    end else begin
      if (head_valid && head_ready) busy_q <= 1'b1;
      else if (finish) busy_q <= 1'b0;
      write_valid_o <= (beat_taken && !fail) || pad_grant;
      done_valid_o <= finish && !fail;
    end
  end

  always_ff @(posedge clk_i) begin
    if (head_valid && head_ready) begin
      kind_q <= kind;
      push_q <= push;
      number_q <= number;
      elem_log2_q <= elem_log2;
    end
    if (beat_taken || pad_grant) begin
      write_kind_o <= kind_q;
      write_zero_o <= !beat_taken;
      write_index_o <= beat_taken ? data_index : pad_index;
      write_chunk_o <= data_chunk;
      write_first_o <= data_first;
      write_count_o <= data_count;
      write_data_o <= beat_data_i;
      write_bytes_o <= !beat_taken ? '0 : elem_log2_q > 5'(BusLog2) ? LaneBits'(BusBytes) : data_count << elem_log2_q;
    end
    if (finish) begin
      done_number_o <= number_q;
      done_push_o <= push_q;
    end
  end

  assign idle_o = !burst_valid_o && pending_level == '0 && !busy_q && !done_valid_o;
  assign moving_o = beat_taken || pad_grant;
  assign failed_o = failed_q;
  assign number_o = (busy_q || failed_q || !head_valid) ? number_q : number;

  logic unused;
  assign unused = &{1'b0, burst_last_unused, walker_ready};

`ifdef VERILATOR
  WalkerFreeForTheNext: assert property (@(posedge clk_i) disable iff (!rst_ni || stop)
      walk |-> walker_ready);
  NoBeatWithoutALoad: assert property (@(posedge clk_i) disable iff (!rst_ni || stop)
      beat_valid_i |-> (busy_q || pending_level != '0));
`endif
endmodule
