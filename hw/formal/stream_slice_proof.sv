// Invariants of stream_slice, which stands at every AXI port: words pass in order, none lost or doubled, held until taken.
module stream_slice_proof #(
  parameter int Width = 2
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             wvalid_i,
  input logic [Width-1:0] wdata_i,
  input logic             rready_i
);
  logic             wready, rvalid;
  logic [Width-1:0] rdata;
  stream_slice #(.Width(Width)) u_slice (
    .clk_i, .rst_ni, .wvalid_i, .wready_o(wready), .wdata_i, .rvalid_o(rvalid), .rready_i, .rdata_o(rdata)
  );

  // Registers of the module, by their names after flattening (Yosys's hierconn).
  (* hierconn *) logic \u_slice.valid_q ;
  (* hierconn *) logic \u_slice.spare_valid_q ;
  (* hierconn *) logic [Width-1:0] \u_slice.spare_q ;

  logic [Width-1:0] first_q, second_q, held_data_q;  // the reference: at most two words
  logic [1:0]       count_q;
  logic             started_q, held_q, push, pop;
  assign push = wvalid_i && wready;
  assign pop = rvalid && rready_i;
  initial started_q = 1'b0;
  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    held_q <= rst_ni && rvalid && !rready_i;
    held_data_q <= rdata;
    if (!rst_ni) begin
      count_q <= '0;
    end else begin
      if (pop) first_q <= second_q;
      if (push && count_q - 2'(pop) == 2'd0) first_q <= wdata_i;
      if (push && count_q - 2'(pop) == 2'd1) second_q <= wdata_i;
      count_q <= count_q + 2'(push) - 2'(pop);
    end
  end
  always_comb begin
    if (!started_q) assume (!rst_ni);
  end
  always_comb begin
    if (started_q) begin
      HoldsAtMostTwo: assert (count_q <= 2'd2);
      CountsEveryWord: assert (count_q == 2'(\u_slice.valid_q ) + 2'(\u_slice.spare_valid_q ));
      SpareOnlyBehindAWord: assert (!\u_slice.spare_valid_q  || \u_slice.valid_q );
      if (rvalid) OldestFirst: assert (rdata == first_q);
      if (\u_slice.spare_valid_q ) SpareIsNext: assert (\u_slice.spare_q  == second_q);
      if (held_q) HeldUntilTaken: assert (rvalid && rdata == held_data_q);
    end
  end
endmodule
