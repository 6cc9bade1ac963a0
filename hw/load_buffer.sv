// A scratchpad that LOADs fill and one engine reads: elements at least as wide as the bus are written in bus-wide chunks; of narrower
// ones, all elements of a beat are written at once, into as many banks, whatever their alignment. One beat per cycle, and one element or
// Reads consecutive ones read per cycle, which takes as many banks; a read takes one cycle.
module load_buffer #(
  parameter int Width = 128,  // bits of an element, a power of two
  parameter int Depth = 2048,
  parameter int Reads = 1,    // a power of two
  parameter int BusBytes = 8,
  parameter int IndexBits = 24,
  parameter int ChunkBits = 8,
  localparam int BusBits = 8 * BusBytes,
  localparam int LaneBits = $clog2(BusBytes) + 1,
  localparam int AddrBits = $clog2(Depth)
) (
  input  logic                   clk_i,
  input  logic                   write_valid_i,
  input  logic                   write_pad_i,   // one whole element of pads
  input  logic [7:0]             pad_i,         // each of its bytes
  input  logic [IndexBits-1:0]   write_index_i,
  input  logic [ChunkBits-1:0]   write_chunk_i,
  input  logic [LaneBits-1:0]    write_first_i,
  input  logic [LaneBits-1:0]    write_count_i,
  input  logic [BusBits-1:0]     write_data_i,
  input  logic                   read_en_i,
  input  logic [AddrBits-1:0]    read_index_i,  // of the first element
  output logic [Reads*Width-1:0] read_data_o
);
  localparam int Elements = (Width < BusBits) ? BusBits / Width : 1;  // of a beat
  localparam int Chunks = (Width > BusBits) ? Width / BusBits : 1;
  localparam int Banks = (Reads > Elements) ? Reads : Elements;

  logic [Chunks-1:0] mask;
  assign mask = (write_pad_i || Chunks == 1) ? '1 : Chunks'(1) << write_chunk_i;

  if (Banks == 1) begin : gen_one
    ram_1r1w #(.Width(Width), .Depth(Depth), .Chunks(Chunks)) u_ram (
      .clk_i,
      .we_i(write_valid_i),
      .wmask_i(mask),
      .waddr_i(write_index_i[AddrBits-1:0]),
      // verilator lint_off WIDTHCONCAT
      // (the widest element has 32,768 bits)
      .wdata_i({Chunks{write_pad_i ? {BusBytes{pad_i}} : write_data_i}}),
      // verilator lint_on WIDTHCONCAT
      .re_i(read_en_i),
      .raddr_i(read_index_i),
      .rdata_o(read_data_o)
    );

    logic unused;
    assign unused = &{1'b0, write_first_i, write_count_i, write_index_i[IndexBits-1:AddrBits]};
  end else begin : gen_banks
    localparam int BankBits = $clog2(Banks);
    localparam int RowBits = (Depth / Banks > 1) ? $clog2(Depth / Banks) : 1;

    logic [Banks*Width-1:0] rdata;
    logic [BankBits-1:0]    bank_q;

    genvar b, r;
    for (b = 0; b < Banks; b++) begin : gen_bank
      logic [BankBits-1:0] offset, read_offset, lane;  // of this bank's element behind the first one; its place in the beat
      logic [AddrBits-1:0] index, read_index;
      logic [Width-1:0]    wdata;
      logic                write_here, read_here;
      assign offset = BankBits'(b) - write_index_i[BankBits-1:0];
      assign lane = write_first_i[BankBits-1:0] + offset;
      assign index = write_index_i[AddrBits-1:0] + AddrBits'(offset);
      assign read_offset = BankBits'(b) - read_index_i[BankBits-1:0];
      assign read_index = read_index_i + AddrBits'(read_offset);
      if (Elements > 1) begin : gen_narrow
        assign wdata = write_pad_i ? {(Width/8){pad_i}} : write_data_i[32'(lane)%Elements*Width +: Width];
      end else begin : gen_wide
        assign wdata = {Chunks{write_pad_i ? {BusBytes{pad_i}} : write_data_i}};
      end

      always_comb begin
        write_here = 1'b0;
        if (write_valid_i) write_here = write_pad_i || Elements == 1 ? offset == '0 : LaneBits'(offset) < write_count_i;
      end
      always_comb begin
        read_here = 1'b0;
        if (read_en_i) read_here = 32'(read_offset) < Reads;
      end

      ram_1r1w #(.Width(Width), .Depth(Depth / Banks), .Chunks(Chunks)) u_ram (
        .clk_i,
        .we_i(write_here),
        .wmask_i(mask),
        .waddr_i(RowBits'(index >> BankBits)),
        .wdata_i(wdata),
        .re_i(read_here),
        .raddr_i(RowBits'(read_index >> BankBits)),
        .rdata_o(rdata[b*Width +: Width])
      );

      logic unused_low;
      assign unused_low = &{1'b0, index[BankBits-1:0], read_index[BankBits-1:0], lane};
    end

    always_ff @(posedge clk_i) begin
      if (read_en_i) bank_q <= read_index_i[BankBits-1:0];
    end
    for (r = 0; r < Reads; r++) begin : gen_read
      logic [BankBits-1:0] bank;
      assign bank = bank_q + BankBits'(r);
      assign read_data_o[r*Width +: Width] = rdata[bank*Width +: Width];
    end

    logic unused;
    assign unused = &{1'b0, write_chunk_i, write_first_i, write_count_i, write_index_i[IndexBits-1:AddrBits]};
  end

`ifdef VERILATOR
  WriteWithinBuffer: assert property (@(posedge clk_i) write_valid_i |-> write_index_i < IndexBits'(Depth));
`endif
endmodule
