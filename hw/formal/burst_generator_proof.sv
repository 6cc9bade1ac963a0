// Invariants of burst_generator for any blocks and any back-pressure, as AXI4 wants them (A3.4.1: a burst must not cross a 4 KiB
// boundary; A3.2.1: an address stays until it is taken): the smallest widths that hold a page.
module burst_generator_proof #(
  parameter int AddrBits = 15,
  parameter int BusBytes = 64,
  parameter int RowBits = 13
) (
  input logic                clk_i,
  input logic                rst_ni,
  input logic                halt_i,
  input logic                start_i,
  input logic [AddrBits-1:0] addr_i,
  input logic [15:0]         rows_i,
  input logic [RowBits-1:0]  bytes_i,
  input logic [RowBits-1:0]  stride_i,
  input logic                burst_ready_i
);
  localparam int BusBits = $clog2(BusBytes);
  localparam int PageBeats = 4096 / BusBytes;
  logic                ready, burst_valid, burst_last;
  logic [AddrBits-1:0] burst_addr;
  logic [7:0]          burst_len;
  burst_generator #(.AddrBits(AddrBits), .BusBytes(BusBytes), .RowBits(RowBits)) u_bursts (
    .clk_i, .rst_ni, .halt_i, .start_i, .ready_o(ready), .addr_i, .rows_i, .bytes_i, .stride_i, .burst_valid_o(burst_valid),
    .burst_ready_i, .burst_addr_o(burst_addr), .burst_len_o(burst_len), .burst_last_o(burst_last)
  );

  // Registers of the module, by their names after flattening (Yosys's hierconn).
  (* hierconn *) logic [RowBits-BusBits:0] \u_bursts.beats_q ;
  (* hierconn *) logic [15:0] \u_bursts.rows_q ;
  (* hierconn *) logic [RowBits-1:0] \u_bursts.bytes_q ;

  logic                started_q, held_q;
  logic [AddrBits-1:0] addr_q;
  logic [7:0]          len_q;
  initial started_q = 1'b0;
  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    held_q <= rst_ni && !halt_i && burst_valid && !burst_ready_i;
    addr_q <= burst_addr;
    len_q <= burst_len;
  end
  always_comb begin
    if (!started_q) assume (!rst_ni);
    assume (!start_i || (rows_i != '0 && bytes_i != '0));
  end
  always_comb begin
    if (started_q && burst_valid) begin
      NeverAcrossAPage: assert (32'(burst_addr[11:BusBits]) + 32'(burst_len) < PageBeats);
      BusAligned: assert (burst_addr[BusBits-1:0] == '0);
      RowNotEmpty: assert (\u_bursts.beats_q  != '0 && \u_bursts.bytes_q  != '0);
      RowsLeft: assert (\u_bursts.rows_q  != '0);
      WithinTheRow: assert (32'(burst_len) < 32'(\u_bursts.beats_q ));
    end
    if (started_q && held_q) begin
      HeldUntilTaken: assert (burst_valid && burst_addr == addr_q && burst_len == len_q);
    end
  end
endmodule
