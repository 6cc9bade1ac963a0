// A scratchpad that LOADs fill and one engine reads: elements at least as wide as the bus are written in bus-wide chunks; of narrower
// ones, all elements of a beat are written at once, into as many banks, whatever their alignment. One beat and one element read per
// cycle; a read takes one cycle.
module load_buffer #(
  parameter int Width = 128,  // bits of an element, a power of two
  parameter int Depth = 2048,
  parameter int BusBytes = 8,
  parameter int IndexBits = 24,
  parameter int ChunkBits = 8,
  localparam int BusBits = 8 * BusBytes,
  localparam int LaneBits = $clog2(BusBytes) + 1,
  localparam int AddrBits = $clog2(Depth)
) (
  input  logic                 clk_i,
  input  logic                 write_valid_i,
  input  logic                 write_pad_i,   // one whole element of pads
  input  logic [7:0]           pad_i,         // each of its bytes
  input  logic [IndexBits-1:0] write_index_i,
  input  logic [ChunkBits-1:0] write_chunk_i,
  input  logic [LaneBits-1:0]  write_first_i,
  input  logic [LaneBits-1:0]  write_count_i,
  input  logic [BusBits-1:0]   write_data_i,
  input  logic                 read_en_i,
  input  logic [AddrBits-1:0]  read_index_i,
  output logic [Width-1:0]     read_data_o
);
  if (Width >= BusBits) begin : gen_wide
    localparam int Chunks = Width / BusBits;
    logic [Chunks-1:0] mask;
    assign mask = write_pad_i ? '1 : Chunks'(1) << write_chunk_i;

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
  end else begin : gen_narrow
    localparam int Banks = BusBits / Width;
    localparam int BankBits = $clog2(Banks);

    logic [Banks*Width-1:0] rdata;
    logic [BankBits-1:0]    bank_q;

    genvar b;
    for (b = 0; b < Banks; b++) begin : gen_bank
      logic [BankBits-1:0] offset, lane;  // of this bank's element behind the first one; its place in the beat
      logic [AddrBits-1:0] index;
      assign offset = BankBits'(b) - write_index_i[BankBits-1:0];
      assign lane = write_first_i[BankBits-1:0] + offset;
      assign index = write_index_i[AddrBits-1:0] + AddrBits'(offset);

      ram_1r1w #(.Width(Width), .Depth(Depth / Banks), .Chunks(1)) u_ram (
        .clk_i,
        .we_i(write_valid_i && (write_pad_i ? offset == '0 : LaneBits'(offset) < write_count_i)),
        .wmask_i(1'b1),
        .waddr_i(index[AddrBits-1:BankBits]),
        .wdata_i(write_pad_i ? {(Width/8){pad_i}} : write_data_i[lane*Width +: Width]),
        .re_i(read_en_i && read_index_i[BankBits-1:0] == BankBits'(b)),
        .raddr_i(read_index_i[AddrBits-1:BankBits]),
        .rdata_o(rdata[b*Width +: Width])
      );

      logic unused_low;
      assign unused_low = &{1'b0, index[BankBits-1:0]};
    end

    always_ff @(posedge clk_i) begin
      if (read_en_i) bank_q <= read_index_i[BankBits-1:0];
    end
    assign read_data_o = rdata[bank_q*Width +: Width];

    logic unused;
    assign unused = &{1'b0, write_chunk_i, write_first_i[LaneBits-1:BankBits], write_index_i[IndexBits-1:AddrBits]};
  end

`ifdef VERILATOR
  WriteWithinBuffer: assert property (@(posedge clk_i) write_valid_i |-> write_index_i < IndexBits'(Depth));
`endif
endmodule
