// The accumulators and the output buffer beside them, entry by entry: what a LOAD brings, and results with mirror, also write the low 8
// bits of their lanes to the output entry. Per cycle: two accumulator reads, one output beat read for STORE, one accumulator
// write, either a result or what a LOAD brings, and beside a result without mirror one output entry. Reads take one cycle. Banked by the
// elements of a beat, so that any alignment streams at full rate.
module accumulator_buffer #(
  parameter int Lanes = 16,  // accumulators of an element
  parameter int Depth = 2048,
  parameter int BusBytes = 8,
  parameter int IndexBits = 24,
  parameter int ChunkBits = 8,
  localparam int BusBits = 8 * BusBytes,
  localparam int LaneBits = $clog2(BusBytes) + 1,
  localparam int AddrBits = $clog2(Depth),
  localparam int Width = 32 * Lanes
) (
  input  logic                 clk_i,
  // Operands.
  input  logic                 dst_en_i,
  input  logic [AddrBits-1:0]  dst_index_i,
  output logic [Width-1:0]     dst_data_o,
  input  logic                 src_en_i,
  input  logic [AddrBits-1:0]  src_index_i,
  output logic [Width-1:0]     src_data_o,
  // Results.
  input  logic                 result_valid_i,
  input  logic                 result_mirror_i,  // to the output entry, too
  input  logic [AddrBits-1:0]  result_index_i,
  input  logic [Width-1:0]     result_data_i,
  // Output entries; never in a cycle with a mirrored result or a LOAD.
  input  logic                 narrow_valid_i,
  input  logic [AddrBits-1:0]  narrow_index_i,
  input  logic [8*Lanes-1:0]   narrow_data_i,
  // LOADs of 32-bit or 8-bit elements; never in a cycle with a result.
  input  logic                 load_valid_i,
  input  logic                 load_bytes_i,  // 8-bit elements
  input  logic                 load_pad_i,    // a whole element of pads
  input  logic [31:0]          pad_i,
  input  logic [IndexBits-1:0] load_index_i,
  input  logic [ChunkBits-1:0] load_chunk_i,
  input  logic [LaneBits-1:0]  load_first_i,
  input  logic [LaneBits-1:0]  load_count_i,
  input  logic [BusBits-1:0]   load_data_i,
  // STORE.
  input  logic                 store_en_i,
  input  logic [IndexBits-1:0] store_index_i,
  input  logic [ChunkBits-1:0] store_chunk_i,
  input  logic [LaneBits-1:0]  store_first_i,
  input  logic [LaneBits-1:0]  store_count_i,
  output logic [BusBits-1:0]   store_data_o
);
  localparam int Banks = (BusBytes > Lanes) ? BusBytes / Lanes : 1;
  localparam int BankBits = (Banks > 1) ? $clog2(Banks) : 1;
  localparam int BankDepth = Depth / Banks;
  localparam int RowBits = (BankDepth > 1) ? $clog2(BankDepth) : 1;
  localparam int ChunkLanes = (BusBytes / 4 < Lanes) ? BusBytes / 4 : Lanes;  // accumulators in a beat, or all of an element
  localparam int Chunks = Lanes / ChunkLanes;
  localparam int WideElements = (BusBytes > 4 * Lanes) ? BusBytes / (4 * Lanes) : 1;  // 32-bit elements of a beat
  localparam int WideBits = (WideElements > 1) ? $clog2(WideElements) : 1;
  localparam int ByteLanes = (BusBytes < Lanes) ? BusBytes : Lanes;  // lanes of an 8-bit element in a beat

  // The write of each bank: a result, or its share of a LOAD's beat.
  logic [Banks-1:0]         bank_we;
  logic [Banks*RowBits-1:0] bank_row, narrow_row, store_row;
  logic [Banks*Width-1:0]   bank_data, dst_rdata, src_rdata;
  logic [Banks*8*Lanes-1:0] store_rdata;
  logic [Chunks-1:0]        mask, load_mask, narrow_mask;

  // 8-bit elements arrive ByteLanes lanes at a time, which are this many chunks of accumulators.
  localparam int ByteChunks = ByteLanes / ChunkLanes;
  logic [31:0] byte_chunk;
  assign byte_chunk = 32'(load_chunk_i) * ByteChunks;
  assign load_mask = (load_pad_i || Chunks == 1) ? '1 :
                     load_bytes_i ? ({Chunks{1'b1}} >> (Chunks - ByteChunks)) << byte_chunk : Chunks'(1) << load_chunk_i;
  assign mask = result_valid_i ? '1 : load_mask;
  assign narrow_mask = narrow_valid_i ? '1 : mask;

  genvar b, l;
  for (b = 0; b < Banks; b++) begin : gen_bank
    logic [BankBits-1:0]      offset, store_offset, byte_slot;
    logic [WideBits-1:0]      wide_slot;
    logic [AddrBits-1:0]      index, store_index;
    logic                     dst_here, src_here, result_here, narrow_here;
    logic [Width-1:0]         wide, bytes;
    logic [8*Lanes-1:0]       narrow;
    logic                     narrow_we;

    if (Banks > 1) begin : gen_many
      assign offset = BankBits'(b) - load_index_i[BankBits-1:0];
      assign store_offset = BankBits'(b) - store_index_i[BankBits-1:0];
      assign byte_slot = load_first_i[BankBits-1:0] + offset;
      assign dst_here = dst_index_i[BankBits-1:0] == BankBits'(b);
      assign src_here = src_index_i[BankBits-1:0] == BankBits'(b);
      assign result_here = result_index_i[BankBits-1:0] == BankBits'(b);
      assign narrow_here = narrow_index_i[BankBits-1:0] == BankBits'(b);
      assign index = result_valid_i ? result_index_i : load_index_i[AddrBits-1:0] + AddrBits'(offset);
      assign store_index = store_index_i[AddrBits-1:0] + AddrBits'(store_offset);
      assign bank_row[b*RowBits +: RowBits] = index[AddrBits-1:BankBits];
      assign narrow_row[b*RowBits +: RowBits] = narrow_valid_i ? narrow_index_i[AddrBits-1:BankBits] : index[AddrBits-1:BankBits];
      assign store_row[b*RowBits +: RowBits] = store_index[AddrBits-1:BankBits];
      logic unused_low;
      assign unused_low = &{1'b0, index[BankBits-1:0], store_index[BankBits-1:0]};
    end else begin : gen_one
      assign offset = '0;
      assign store_offset = '0;
      assign byte_slot = '0;
      assign dst_here = 1'b1;
      assign src_here = 1'b1;
      assign result_here = 1'b1;
      assign narrow_here = 1'b1;
      assign index = result_valid_i ? result_index_i : load_index_i[AddrBits-1:0];
      assign store_index = store_index_i[AddrBits-1:0];
      assign bank_row[b*RowBits +: RowBits] = index;
      assign narrow_row[b*RowBits +: RowBits] = narrow_valid_i ? narrow_index_i : index;
      assign store_row[b*RowBits +: RowBits] = store_index;
    end

    if (WideElements > 1) begin : gen_wide_many
      assign wide_slot = load_first_i[WideBits-1:0] + offset[WideBits-1:0];
      assign wide = load_data_i[wide_slot*Width +: Width];
    end else begin : gen_wide_one
      assign wide_slot = '0;
      assign wide = {Chunks{load_data_i[32*ChunkLanes-1:0]}};
    end
    for (l = 0; l < Lanes; l++) begin : gen_sign
      logic [7:0] lane;
      assign lane = load_data_i[32'(byte_slot) * 8 * ByteLanes + 8 * (l % ByteLanes) +: 8];
      assign bytes[32*l +: 32] = {{24{lane[7]}}, lane};
    end
    // Unknown where nothing is written: no gates, and no work for a simulator.
    always_comb begin
      narrow = 'x;
      if (narrow_valid_i) begin
        narrow = narrow_data_i;
      end else if (narrow_we) begin
        for (int i = 0; i < Lanes; i++) narrow[8*i +: 8] = bank_data[b*Width + 32*i +: 8];
      end
    end

    assign bank_we[b] = result_valid_i ? result_here :
                        load_valid_i && (load_pad_i ? offset == '0 : LaneBits'(offset) < load_count_i);
    assign narrow_we = narrow_valid_i ? narrow_here : bank_we[b] && (!result_valid_i || result_mirror_i);
    assign bank_data[b*Width +: Width] = result_valid_i ? result_data_i : load_pad_i ? {Lanes{pad_i}} : load_bytes_i ? bytes : wide;

    ram_2r1w #(.Width(Width), .Depth(BankDepth), .Chunks(Chunks)) u_acc (
      .clk_i,
      .we_i(bank_we[b]),
      .wmask_i(mask),
      .waddr_i(bank_row[b*RowBits +: RowBits]),
      .wdata_i(bank_data[b*Width +: Width]),
      .re_a_i(dst_en_i && dst_here),
      .raddr_a_i(dst_index_i[AddrBits-1 -: RowBits]),
      .rdata_a_o(dst_rdata[b*Width +: Width]),
      .re_b_i(src_en_i && src_here),
      .raddr_b_i(src_index_i[AddrBits-1 -: RowBits]),
      .rdata_b_o(src_rdata[b*Width +: Width])
    );

    ram_1r1w #(.Width(8 * Lanes), .Depth(BankDepth), .Chunks(Chunks)) u_out (
      .clk_i,
      .we_i(narrow_we),
      .wmask_i(narrow_mask),
      .waddr_i(narrow_row[b*RowBits +: RowBits]),
      .wdata_i(narrow),
      .re_i(store_en_i && LaneBits'(store_offset) < store_count_i),
      .raddr_i(store_row[b*RowBits +: RowBits]),
      .rdata_o(store_rdata[b*8*Lanes +: 8*Lanes])
    );

    logic unused_slot;
    assign unused_slot = &{1'b0, wide_slot, wide};
  end

  if (Banks > 1) begin : gen_select
    logic [BankBits-1:0] dst_bank_q, src_bank_q, store_turn_q;
    always_ff @(posedge clk_i) begin
      if (dst_en_i) dst_bank_q <= dst_index_i[BankBits-1:0];
      if (src_en_i) src_bank_q <= src_index_i[BankBits-1:0];
      if (store_en_i) store_turn_q <= store_index_i[BankBits-1:0] - store_first_i[BankBits-1:0];
    end
    assign dst_data_o = dst_rdata[dst_bank_q*Width +: Width];
    assign src_data_o = src_rdata[src_bank_q*Width +: Width];
    for (l = 0; l < Banks; l++) begin : gen_turn
      logic [BankBits-1:0] bank;
      assign bank = BankBits'(l) + store_turn_q;
      assign store_data_o[l*8*Lanes +: 8*Lanes] = store_rdata[bank*8*Lanes +: 8*Lanes];
    end
  end else begin : gen_direct
    assign dst_data_o = dst_rdata;
    assign src_data_o = src_rdata;
    if (Lanes > BusBytes) begin : gen_chunk
      localparam int OutChunkBits = $clog2(Lanes / BusBytes);
      logic [OutChunkBits-1:0] chunk_q;
      always_ff @(posedge clk_i) begin
        if (store_en_i) chunk_q <= store_chunk_i[OutChunkBits-1:0];
      end
      assign store_data_o = store_rdata[chunk_q*BusBits +: BusBits];
    end else begin : gen_whole
      assign store_data_o = store_rdata;
    end
  end

  logic unused;
  assign unused = &{1'b0, load_index_i, load_first_i, store_index_i, store_chunk_i, store_first_i, load_chunk_i, byte_chunk};

`ifdef VERILATOR
  OneNarrowWriter: assert property (@(posedge clk_i) narrow_valid_i |-> !((result_valid_i && result_mirror_i) || load_valid_i));
  OneWriter: assert property (@(posedge clk_i) !(result_valid_i && load_valid_i));
  LoadWithinBuffer: assert property (@(posedge clk_i) load_valid_i |-> load_index_i < IndexBits'(Depth));
`endif
endmodule
