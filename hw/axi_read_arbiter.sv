// Shares the AXI read channels among three clients, whose number is the AXI ID. Ties go to the lowest number. One burst and one beat
// per cycle; a burst leaves one cycle after it is taken. Bursts wait while Outstanding of them are in flight.
module axi_read_arbiter #(
  parameter int AddrBits = 48,
  parameter int BusBytes = 8,
  parameter int Outstanding = 64,
  localparam int BusBits = 8 * BusBytes
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic [2:0]            burst_valid_i,
  output logic [2:0]            burst_ready_o,
  input  logic [3*AddrBits-1:0] burst_addr_i,
  input  logic [3*8-1:0]        burst_len_i,
  output logic [2:0]            beat_valid_o,
  input  logic [2:0]            beat_ready_i,
  output logic [BusBits-1:0]    beat_data_o,
  output logic                  beat_error_o,
  output logic                  idle_o,  // nothing in flight

  output logic                  arvalid_o,
  input  logic                  arready_i,
  output logic [1:0]            arid_o,
  output logic [AddrBits-1:0]   araddr_o,
  output logic [7:0]            arlen_o,
  input  logic                  rvalid_i,
  output logic                  rready_o,
  input  logic [1:0]            rid_i,
  input  logic [BusBits-1:0]    rdata_i,
  input  logic [1:0]            rresp_i,
  input  logic                  rlast_i
);
  localparam int CountBits = $clog2(Outstanding + 1);

  logic                 arvalid_q, take, finish;
  logic [1:0]           arid_q, winner;
  logic [AddrBits-1:0]  araddr_q;
  logic [7:0]           arlen_q;
  logic [CountBits-1:0] in_flight_q;

  assign take = (!arvalid_q || arready_i) && in_flight_q != CountBits'(Outstanding) && burst_valid_i != '0;
  assign winner = burst_valid_i[0] ? 2'd0 : burst_valid_i[1] ? 2'd1 : 2'd2;
  assign burst_ready_o = {take && winner == 2'd2, take && winner == 2'd1, take && winner == 2'd0};

  assign beat_valid_o = {rvalid_i && rid_i == 2'd2, rvalid_i && rid_i == 2'd1, rvalid_i && rid_i == 2'd0};
  assign rready_o = |(beat_ready_i & {rid_i == 2'd2, rid_i == 2'd1, rid_i == 2'd0});
  assign beat_data_o = rdata_i;
  assign beat_error_o = rresp_i[1];
  assign finish = rvalid_i && rready_o && rlast_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      arvalid_q <= 1'b0;
      in_flight_q <= '0;
    end else begin
      if (take) arvalid_q <= 1'b1;
      else if (arready_i) arvalid_q <= 1'b0;
      if (take && !finish) in_flight_q <= in_flight_q + 1'b1;
      if (finish && !take) in_flight_q <= in_flight_q - 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (take) begin
      arid_q <= winner;
      araddr_q <= burst_addr_i[winner*AddrBits +: AddrBits];
      arlen_q <= burst_len_i[winner*8 +: 8];
    end
  end

  assign arvalid_o = arvalid_q;
  assign arid_o = arid_q;
  assign araddr_o = araddr_q;
  assign arlen_o = arlen_q;
  assign idle_o = in_flight_q == '0;

  logic unused;
  assign unused = &{1'b0, rresp_i[0]};

`ifdef VERILATOR
  AddressStableUntilTaken: assert property (@(posedge clk_i) disable iff (!rst_ni)
      (arvalid_o && !arready_i) |=> (arvalid_o && $stable(araddr_o) && $stable(arlen_o) && $stable(arid_o)));
  DataOnlyWhenRequested: assert property (@(posedge clk_i) disable iff (!rst_ni) rvalid_i |-> in_flight_q != '0);
`endif
endmodule
