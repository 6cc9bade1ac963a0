// Follows the beats of a two-dimensional DRAM block and says which scratchpad elements each one holds. Elements as wide as the bus or
// wider take 2^n beats (chunks); of narrower ones a beat holds several, from lane first_o on. One beat per cycle; a new block is
// accepted in the cycle of the last beat of the one before.
module row_walker #(
  parameter int BusBytes = 8,
  parameter int IndexBits = 16,
  parameter int ChunkBits = 8,
  localparam int LaneBits = $clog2(BusBytes) + 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 start_i,
  output logic                 ready_o,
  input  logic [IndexBits-1:0] index_i,       // scratchpad index of the first element
  input  logic [15:0]          rows_i,        // > 0
  input  logic [15:0]          elements_i,    // of a row, > 0
  input  logic [IndexBits-1:0] gap_i,         // scratchpad elements between rows
  input  logic [15:0]          lane_i,        // the first element's lane in its beat (low bits used)
  input  logic [15:0]          lane_stride_i, // elements from row to row in DRAM
  input  logic [ChunkBits-1:0] last_chunk_i,  // beats of an element, minus 1
  input  logic [LaneBits-1:0]  lanes_i,       // elements of a beat, a power of two
  output logic                 active_o,
  input  logic                 step_i,        // the beat has been used
  output logic [IndexBits-1:0] index_o,       // its first element
  output logic [ChunkBits-1:0] chunk_o,       // which part of the element
  output logic [LaneBits-1:0]  first_o,       // lane of the first element
  output logic [LaneBits-1:0]  count_o,       // elements in the beat
  output logic                 last_o         // the block's last beat
);
  logic                 active_q;
  logic [IndexBits-1:0] index_q, gap_q;
  logic [15:0]          rows_q, elements_q, left_q;
  logic [ChunkBits-1:0] chunk_q, last_chunk_q;
  logic [LaneBits-1:0]  first_q, row_lane_q, lane_stride_q, lanes_q;

  logic [LaneBits-1:0] room, lane_mask, next_lane;
  logic                chunk_end, row_end;

  assign lane_mask = lanes_q - 1'b1;
  assign room = lanes_q - first_q;
  assign count_o = (left_q < 16'(room)) ? left_q[LaneBits-1:0] : room;
  assign chunk_end = chunk_q == last_chunk_q;
  assign row_end = chunk_end && 16'(count_o) == left_q;
  assign next_lane = (row_lane_q + lane_stride_q) & lane_mask;

  assign active_o = active_q;
  assign index_o = index_q;
  assign chunk_o = chunk_q;
  assign first_o = first_q;
  assign last_o = row_end && rows_q == 16'd1;
  assign ready_o = !active_q || (step_i && last_o);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (start_i && ready_o) begin
      active_q <= 1'b1;
      index_q <= index_i;
      gap_q <= gap_i;
      rows_q <= rows_i;
      elements_q <= elements_i;
      left_q <= elements_i;
      chunk_q <= '0;
      last_chunk_q <= last_chunk_i;
      lanes_q <= lanes_i;
      first_q <= lane_i[LaneBits-1:0] & (lanes_i - 1'b1);
      row_lane_q <= lane_i[LaneBits-1:0] & (lanes_i - 1'b1);
      lane_stride_q <= lane_stride_i[LaneBits-1:0] & (lanes_i - 1'b1);
    end else if (active_q && step_i) begin
      if (!chunk_end) begin
        chunk_q <= chunk_q + 1'b1;
      end else begin
        chunk_q <= '0;
        if (row_end) begin
          active_q <= rows_q != 16'd1;
          rows_q <= rows_q - 16'd1;
          left_q <= elements_q;
          index_q <= index_q + IndexBits'(count_o) + gap_q;
          first_q <= next_lane;
          row_lane_q <= next_lane;
        end else begin
          left_q <= left_q - 16'(count_o);
          index_q <= index_q + IndexBits'(count_o);
          first_q <= '0;
        end
      end
    end
  end

  logic unused;
  assign unused = &{1'b0, lane_i[15:LaneBits], lane_stride_i[15:LaneBits]};

`ifdef VERILATOR
  EveryBeatHoldsAnElement: assert property (@(posedge clk_i) disable iff (!rst_ni) active_q |-> count_o != '0);
  StepOnlyWhenActive: assert property (@(posedge clk_i) disable iff (!rst_ni) step_i |-> active_q);
`endif
endmodule
