// The instructions of an engine that are under way, oldest first: they complete in any order and retire in program order, at most one
// per cycle, in the cycle in which the oldest completes at the earliest. Holds Depth instructions; a slot names one of them.
module retire_list #(
  parameter int Depth = 32,  // a power of two
  localparam int SlotBits = $clog2(Depth)
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                start_i,         // a new instruction, only with room_o
  input  logic [31:0]         start_number_i,
  input  logic [1:0]          start_push_i,
  output logic                room_o,
  output logic [SlotBits-1:0] start_slot_o,    // that it gets
  // Completions, each of its own unit.
  input  logic                step_done_i,
  input  logic [SlotBits-1:0] step_slot_i,
  input  logic                load_done_i,
  input  logic [SlotBits-1:0] load_slot_i,
  input  logic                requantize_done_i,
  input  logic [SlotBits-1:0] requantize_slot_i,
  output logic                empty_o,
  output logic [SlotBits-1:0] oldest_o,
  output logic                retire_o,
  output logic [31:0]         retire_number_o,
  output logic [1:0]          retire_push_o,   // with retire_o
  input  logic [SlotBits-1:0] number_slot_i,   // whose number is asked for
  output logic [31:0]         number_o
);
  logic [31:0]       number [0:Depth-1];
  logic [1:0]        push [0:Depth-1];
  logic [Depth-1:0]  done_q;
  logic [SlotBits:0] head_q, tail_q;  // one bit more than a slot

  assign empty_o = head_q == tail_q;
  assign room_o = head_q != (tail_q ^ {1'b1, {SlotBits{1'b0}}});
  assign start_slot_o = tail_q[SlotBits-1:0];
  assign oldest_o = head_q[SlotBits-1:0];
  assign retire_o = empty_o ? 1'b0
                            : done_q[oldest_o] || (step_done_i && step_slot_i == oldest_o) || (load_done_i && load_slot_i == oldest_o) ||
                              (requantize_done_i && requantize_slot_i == oldest_o);
  assign retire_number_o = number[oldest_o];
  assign retire_push_o = retire_o ? push[oldest_o] : '0;
  assign number_o = number[number_slot_i];

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      number[start_slot_o] <= start_number_i;
      push[start_slot_o] <= start_push_i;
    end
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      head_q <= '0;
      tail_q <= '0;
    end else begin
      if (retire_o) head_q <= head_q + 1'b1;
      if (start_i) tail_q <= tail_q + 1'b1;
    end
    if (step_done_i) done_q[step_slot_i] <= 1'b1;
    if (load_done_i) done_q[load_slot_i] <= 1'b1;
    if (requantize_done_i) done_q[requantize_slot_i] <= 1'b1;
    if (start_i) done_q[start_slot_o] <= 1'b0;
  end

`ifdef VERILATOR
  StartOnlyWithRoom: assert property (@(posedge clk_i) disable iff (!rst_ni) start_i |-> room_o);
  CompletesOnce: assert property (@(posedge clk_i) disable iff (!rst_ni) step_done_i |-> !(load_done_i && load_slot_i == step_slot_i));
`endif
endmodule
