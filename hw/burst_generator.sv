// Cuts a two-dimensional block of DRAM into AXI bursts: never across 4 KiB, at most 256 beats, each row its own bursts. One burst
// per cycle; a new block is accepted in the cycle of the last burst of the one before. First burst one cycle after acceptance.
module burst_generator #(
  parameter int AddrBits = 48,
  parameter int BusBytes = 8,
  parameter int RowBits = 29  // of a row's size in bytes
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                halt_i,  // drop what is left
  input  logic                start_i,
  output logic                ready_o,
  input  logic [AddrBits-1:0] addr_i,    // of the first row, in bytes
  input  logic [15:0]         rows_i,    // > 0
  input  logic [RowBits-1:0]  bytes_i,   // of a row, > 0
  input  logic [RowBits-1:0]  stride_i,  // from row to row, in bytes
  output logic                burst_valid_o,
  input  logic                burst_ready_i,
  output logic [AddrBits-1:0] burst_addr_o,  // bus-aligned
  output logic [7:0]          burst_len_o,   // beats - 1, as AXI has it
  output logic                burst_last_o   // of the block
);
  localparam int BusBits = $clog2(BusBytes);
  localparam int PageBeats = 4096 / BusBytes;
  localparam int PageBits = $clog2(PageBeats);
  localparam int MaxBeats = (PageBeats < 256) ? PageBeats : 256;
  localparam int BeatBits = RowBits - BusBits + 1;

  logic                active_q;
  logic [AddrBits-1:0] row_q, addr_q;
  logic [15:0]         rows_q;
  logic [RowBits-1:0]  bytes_q, stride_q;
  logic [BeatBits-1:0] beats_q;  // left in this row

  logic [PageBits:0]   to_page;
  logic [BeatBits-1:0] burst_beats;
  logic                row_end, step;

  logic [AddrBits-1:0] next_row;
  assign next_row = row_q + {{(AddrBits - RowBits){1'b0}}, stride_q};

  // Beats of a row: from the beat of its first byte to the beat of its last.
  logic [RowBits:0] first_span, next_span;
  assign first_span = {1'b0, bytes_i} + (RowBits + 1)'(addr_i[BusBits-1:0]) + (RowBits + 1)'(BusBytes - 1);
  assign next_span = {1'b0, bytes_q} + (RowBits + 1)'(next_row[BusBits-1:0]) + (RowBits + 1)'(BusBytes - 1);

  assign to_page = (PageBits + 1)'(PageBeats) - {1'b0, addr_q[11:BusBits]};
  always_comb begin
    burst_beats = BeatBits'(MaxBeats);
    if (BeatBits'(to_page) < burst_beats) burst_beats = BeatBits'(to_page);
    if (beats_q < burst_beats) burst_beats = beats_q;
  end
  assign row_end = burst_beats == beats_q;

  assign burst_valid_o = active_q;
  assign burst_addr_o = addr_q;
  assign burst_len_o = burst_beats[7:0] - 8'd1;
  assign burst_last_o = row_end && rows_q == 16'd1;
  assign step = active_q && burst_ready_i;
  assign ready_o = !active_q || (step && burst_last_o);

  always_ff @(posedge clk_i) begin
    if (!rst_ni || halt_i) begin
      active_q <= 1'b0;
    end else if (start_i && ready_o) begin
      active_q <= 1'b1;
      row_q <= addr_i;
      addr_q <= {addr_i[AddrBits-1:BusBits], {BusBits{1'b0}}};
      rows_q <= rows_i;
      bytes_q <= bytes_i;
      stride_q <= stride_i;
      beats_q <= first_span[RowBits:BusBits];
    end else if (step) begin
      if (row_end) begin
        active_q <= rows_q != 16'd1;
        row_q <= next_row;
        addr_q <= {next_row[AddrBits-1:BusBits], {BusBits{1'b0}}};
        rows_q <= rows_q - 16'd1;
        beats_q <= next_span[RowBits:BusBits];
      end else begin
        addr_q <= addr_q + (AddrBits'(burst_beats) << BusBits);
        beats_q <= beats_q - burst_beats;
      end
    end
  end

  logic unused;
  assign unused = &{1'b0, first_span[BusBits-1:0], next_span[BusBits-1:0]};

`ifdef VERILATOR
  NoBurstCrossesAPage: assert property (@(posedge clk_i) disable iff (!rst_ni)
      burst_valid_o |-> 32'(burst_addr_o[11:BusBits]) + 32'(burst_len_o) < PageBeats);
  BurstNotEmpty: assert property (@(posedge clk_i) disable iff (!rst_ni) burst_valid_o |-> beats_q != '0);
`endif
endmodule
