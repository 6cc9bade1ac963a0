// Invariants of retire_list for any order of completions: instructions retire in the order in which they were started, each once and only
// when it is complete, and no slot is given away while it is in use. Instructions are numbered as they start.
module retire_list_proof #(
  parameter int Depth = 4  // as many as the memory's words named below
) (
  input logic       clk_i,
  input logic       rst_ni,
  input logic       start_i,
  input logic       step_done_i,
  input logic [1:0] step_slot_i,
  input logic       load_done_i,
  input logic [1:0] load_slot_i,
  input logic       requantize_done_i,
  input logic [1:0] requantize_slot_i
);
  logic        room, empty, retire;
  logic [1:0]  start_slot, oldest, push;
  logic [31:0] retire_number, number;
  logic [7:0]  started_q, retired_q;  // modulo 256
  logic        running_q;
  retire_list #(.Depth(Depth)) u_list (
    .clk_i, .rst_ni, .start_i, .start_number_i({24'd0, started_q}), .start_push_i(2'd0), .room_o(room), .start_slot_o(start_slot),
    .step_done_i, .step_slot_i, .load_done_i, .load_slot_i, .requantize_done_i, .requantize_slot_i, .empty_o(empty), .oldest_o(oldest),
    .retire_o(retire), .retire_number_o(retire_number), .retire_push_o(push), .number_slot_i(2'd0), .number_o(number)
  );

  // Registers of the module, by their names after flattening (Yosys's hierconn).
  (* hierconn *) logic [2:0] \u_list.head_q ;
  (* hierconn *) logic [2:0] \u_list.tail_q ;
  (* hierconn *) logic [31:0] \u_list.number[0] ;
  (* hierconn *) logic [31:0] \u_list.number[1] ;
  (* hierconn *) logic [31:0] \u_list.number[2] ;
  (* hierconn *) logic [31:0] \u_list.number[3] ;
  (* hierconn *) logic [3:0] \u_list.done_q ;
  logic [127:0] numbers;
  assign numbers = {\u_list.number[3] , \u_list.number[2] , \u_list.number[1] , \u_list.number[0] };

  logic [3:0] complete_q;  // the reference: by slot, completed since it was given away
  logic [3:0] completes;
  assign completes = (4'(step_done_i) << step_slot_i) | (4'(load_done_i) << load_slot_i) | (4'(requantize_done_i) << requantize_slot_i);
  initial running_q = 1'b0;
  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    complete_q <= (complete_q | completes) & ~(4'(start_i) << start_slot);
    if (!rst_ni) begin
      started_q <= '0;
      retired_q <= '0;
    end else begin
      started_q <= started_q + 8'(start_i);
      retired_q <= retired_q + 8'(retire);
    end
  end

  logic [2:0] inside;  // instructions under way
  assign inside = \u_list.tail_q  - \u_list.head_q ;
  always_comb begin
    if (!running_q) assume (!rst_ni);
    assume (!start_i || room);
  end
  genvar i;
  for (i = 0; i < Depth; i++) begin : gen_slot
    logic [1:0] place;  // behind the oldest
    assign place = 2'(i) - oldest;
    always_comb begin
      if (running_q && 3'(place) < inside) begin
        assert (numbers[32*i +: 32] == {24'd0, 8'(retired_q + 8'(place))});
        assert (\u_list.done_q [i] == complete_q[i]);
      end
    end
  end
  always_comb begin
    if (running_q) begin
      CountsAreRight: assert (8'(inside) == started_q - retired_q && 32'(inside) <= Depth);
      RoomMeansAFreeSlot: assert (room == (32'(inside) < Depth));
      EmptyMeansNone: assert (empty == (inside == '0));
      if (retire) InOrder: assert (!empty && retire_number == {24'd0, retired_q});
      if (retire) OnlyWhenComplete: assert (complete_q[oldest] || completes[oldest]);
    end
  end
endmodule
