// Shares the AXI read channels among three clients, whose number is the AXI ID. Ties go to the lowest number. One burst and one beat
// per cycle; a burst leaves, and a beat arrives, one cycle after it is taken. Bursts wait while Outstanding of them are in flight.
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

  logic                 take, taken, finish, address_ready, beat_valid, last;
  logic [1:0]           winner, id, response;
  logic [CountBits-1:0] in_flight_q;

  // Both channels pass through register slices.
  stream_slice #(.Width(2 + AddrBits + 8)) u_address (
    .clk_i,
    .rst_ni,
    .wvalid_i(take),
    .wready_o(address_ready),
    .wdata_i({winner, burst_addr_i[winner*AddrBits +: AddrBits], burst_len_i[winner*8 +: 8]}),
    .rvalid_o(arvalid_o),
    .rready_i(arready_i),
    .rdata_o({arid_o, araddr_o, arlen_o})
  );
  stream_slice #(.Width(2 + 2 + 1 + BusBits)) u_data (
    .clk_i,
    .rst_ni,
    .wvalid_i(rvalid_i),
    .wready_o(rready_o),
    .wdata_i({rid_i, rresp_i, rlast_i, rdata_i}),
    .rvalid_o(beat_valid),
    .rready_i(taken),
    .rdata_o({id, response, last, beat_data_o})
  );

  assign take = address_ready && in_flight_q != CountBits'(Outstanding) && burst_valid_i != '0;
  assign winner = burst_valid_i[0] ? 2'd0 : burst_valid_i[1] ? 2'd1 : 2'd2;
  assign burst_ready_o = {take && winner == 2'd2, take && winner == 2'd1, take && winner == 2'd0};

  assign beat_valid_o = {beat_valid && id == 2'd2, beat_valid && id == 2'd1, beat_valid && id == 2'd0};
  assign taken = |(beat_ready_i & {id == 2'd2, id == 2'd1, id == 2'd0});
  assign beat_error_o = response[1];
  assign finish = beat_valid && taken && last;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      in_flight_q <= '0;
    end else begin
      if (take && !finish) in_flight_q <= in_flight_q + 1'b1;
      if (finish && !take) in_flight_q <= in_flight_q - 1'b1;
    end
  end
  assign idle_o = in_flight_q == '0;

  logic unused;
  assign unused = &{1'b0, response[0]};

`ifdef VERILATOR
  AddressStableUntilTaken: assert property (@(posedge clk_i) disable iff (!rst_ni)
      (arvalid_o && !arready_i) |=> (arvalid_o && $stable(araddr_o) && $stable(arlen_o) && $stable(arid_o)));
  BurstsWithinAPage: assert property (@(posedge clk_i) disable iff (!rst_ni)
      arvalid_o |-> 32'(araddr_o[11:0]) + (32'(arlen_o) + 1) * BusBytes <= 4096 && araddr_o[$clog2(BusBytes)-1:0] == '0);
  InFlightWithinLimit: assert property (@(posedge clk_i) disable iff (!rst_ni) in_flight_q <= CountBits'(Outstanding));
  AnswersForAClient: assert property (@(posedge clk_i) disable iff (!rst_ni) rvalid_i |-> rid_i != 2'd3);
  DataOnlyWhenRequested: assert property (@(posedge clk_i) disable iff (!rst_ni) rvalid_i |-> in_flight_q != '0);
`endif
endmodule
