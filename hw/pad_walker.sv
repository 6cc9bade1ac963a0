// Names the scratchpad elements of a block's zero padding, one per granted cycle: the rows above and below and the ends of each row.
// A block without padding costs no cycle.
module pad_walker #(
  parameter int IndexBits = 16
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 start_i,  // only while not active_o, or in the cycle of done_o
  input  logic [IndexBits-1:0] index_i,  // scratchpad index of the padded block
  input  logic [15:0]          rows_i,
  input  logic [15:0]          elements_i,
  input  logic [3:0]           top_i,
  input  logic [3:0]           bottom_i,
  input  logic [3:0]           left_i,
  input  logic [3:0]           right_i,
  output logic                 active_o,
  output logic                 write_o,  // index_o is to be zeroed
  input  logic                 grant_i,  // and has been
  output logic [IndexBits-1:0] index_o,
  output logic                 done_o    // the last cycle
);
  localparam int RunBits = 22;  // of a run of zeros: 15 rows of 65,565 elements and two ends

  logic                 active_q;
  logic [IndexBits-1:0] index_q;
  logic [15:0]          rows_q, elements_q;  // rows: data rows still to be skipped
  logic [RunBits-1:0]   run_q, between_q, after_q;
  logic [RunBits-1:0]   row_length;
  logic                 run_end;

  always_comb begin
    row_length = 'x;
    if (start_i) row_length = RunBits'(elements_i) + RunBits'(left_i) + RunBits'(right_i);
  end
  assign write_o = active_q && run_q != '0;
  assign index_o = index_q;
  assign active_o = active_q;
  assign run_end = run_q == '0 || (grant_i && run_q == RunBits'(1));
  assign done_o = active_q && run_end && rows_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (start_i) begin
      active_q <= |{top_i, bottom_i, left_i, right_i};
      index_q <= index_i;
      rows_q <= rows_i;
      elements_q <= elements_i;
      run_q <= RunBits'(top_i) * row_length + RunBits'(left_i);
      between_q <= RunBits'(left_i) + RunBits'(right_i);
      after_q <= RunBits'(bottom_i) * row_length + RunBits'(right_i);
    end else if (active_q) begin
      if (run_end) begin
        // Skips a row of data; what follows it is the gap to the next row, or the end of the block.
        active_q <= rows_q != '0;
        index_q <= index_q + IndexBits'(elements_q) + IndexBits'(write_o);
        rows_q <= rows_q - 16'd1;
        run_q <= (rows_q == 16'd1) ? after_q : between_q;
      end else if (grant_i) begin
        index_q <= index_q + 1'b1;
        run_q <= run_q - RunBits'(1);
      end
    end
  end

`ifdef VERILATOR
  GrantOnlyWhenAsked: assert property (@(posedge clk_i) disable iff (!rst_ni) grant_i |-> write_o);
`endif
endmodule
