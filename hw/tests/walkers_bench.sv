// row_walker and pad_walker on random padded blocks: together they name every element of the padded rectangle exactly once.
module walkers_bench;
  `include "bench.svh"
  localparam int BusBytes = 16;
  localparam int IndexBits = 24;

  logic                 start, row_ready, row_active, step, row_last, pad_active, pad_write, grant, pad_done;
  logic [IndexBits-1:0] base, row_index, pad_index, row_length;
  logic [15:0]          rows, elements, lane, stride;
  logic [3:0]           top, bottom, left, right;
  logic [7:0]           last_chunk, chunk;
  logic [4:0]           lanes, first, count;
  row_walker #(.BusBytes(BusBytes), .IndexBits(IndexBits)) u_rows (
    .clk_i(clk), .rst_ni(rst_n), .start_i(start), .ready_o(row_ready), .index_i(base + top * row_length + left), .rows_i(rows),
    .elements_i(elements), .gap_i(IndexBits'(left) + IndexBits'(right)), .lane_i(lane), .lane_stride_i(stride),
    .last_chunk_i(last_chunk), .lanes_i(lanes), .active_o(row_active), .step_i(step), .index_o(row_index), .chunk_o(chunk),
    .first_o(first), .count_o(count), .last_o(row_last)
  );
  pad_walker #(.IndexBits(IndexBits)) u_pads (
    .clk_i(clk), .rst_ni(rst_n), .start_i(start), .index_i(base), .rows_i(rows), .elements_i(elements), .top_i(top),
    .bottom_i(bottom), .left_i(left), .right_i(right), .active_o(pad_active), .write_o(pad_write), .grant_i(grant),
    .index_o(pad_index), .done_o(pad_done)
  );

  integer block, i, x, y, seed = 11, beats, expected_beats, at;
  reg [7:0] seen [0:8191];  // 1: data, 2: zero, more: twice
  assign row_length = IndexBits'(left) + IndexBits'(elements) + IndexBits'(right);

  initial begin
    start = 0;
    step = 0;
    grant = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    for (block = 0; block < 200; block = block + 1) begin
      base = {$random(seed)} % 100;
      rows = 1 + {$random(seed)} % 9;
      elements = 1 + {$random(seed)} % 20;
      {top, bottom, left, right} = (block % 4 == 0) ? 16'd0 : $random(seed);
      lane = $random(seed);
      stride = $random(seed);
      lanes = (block & 1) ? 5'd1 : 5'd4;  // elements of 16 bytes and more, or of 4
      last_chunk = (block & 2) && (block & 1) ? 8'd3 : 8'd0;
      for (i = 0; i < 8192; i = i + 1) seen[i] = 0;
      @(negedge clk);
      start = 1;
      @(negedge clk);
      start = 0;
      beats = 0;
      for (i = 0; i < 6000 && (row_active || pad_active); i = i + 1) begin
        step = row_active && ($random(seed) & 1);
        #1;
        grant = pad_write && !step;
        if (step) begin
          beats = beats + 1;
          check(first < lanes && first + count <= lanes, 1);
          if (chunk == last_chunk) for (at = 0; at < count; at = at + 1) seen[row_index + at] = seen[row_index + at] + 1;
        end
        if (grant) seen[pad_index] = seen[pad_index] + 2;
        @(negedge clk);
      end
      check(!row_active && !pad_active, 2);
      expected_beats = 0;
      for (y = 0; y < rows; y = y + 1) begin
        i = (lane + y * stride) % lanes;
        expected_beats = expected_beats + ((i + elements + lanes - 1) / lanes) * (last_chunk + 1);
      end
      check(beats == expected_beats, 3);
      for (y = 0; y < top + rows + bottom; y = y + 1) begin
        for (x = 0; x < row_length; x = x + 1) begin
          i = (y >= top && y < top + rows && x >= left && x < left + elements) ? 1 : 2;
          check(seen[base + y * row_length + x] == i, 4);
        end
      end
      check(base == 0 || seen[base - 1] == 0, 5);
      check(seen[base + (top + rows + bottom) * row_length] == 0, 6);
    end
    finish_bench;
  end
endmodule
