// accumulator_buffer against a model, with four elements of a beat in as many banks: results with and without mirror, output entries, LOADs of
// 32 and 8 bits and of pads from any lane, operand reads and STORE reads that see what was written in earlier cycles.
module accumulator_buffer_bench;
  `include "bench.svh"
  localparam int Lanes = 4;
  localparam int Depth = 32;
  localparam int BusBytes = 16;
  localparam int Width = 32 * Lanes;

  logic               dst_en, src_en, result_valid, result_mirror, narrow_valid, load_valid, load_bytes, load_pad, store_en;
  logic [4:0]         dst_index, src_index, result_index, narrow_index, load_first, load_count, store_first, store_count;
  logic [Width-1:0]   dst_data, src_data, result_data;
  logic [8*Lanes-1:0] narrow_data;
  logic [31:0]        pad;
  logic [23:0]        load_index, store_index;
  logic [127:0]       load_data, store_data;
  accumulator_buffer #(.Lanes(Lanes), .Depth(Depth), .BusBytes(BusBytes)) u_buffer (
    .clk_i(clk), .dst_en_i(dst_en), .dst_index_i(dst_index), .dst_data_o(dst_data), .src_en_i(src_en), .src_index_i(src_index),
    .src_data_o(src_data), .result_valid_i(result_valid), .result_mirror_i(result_mirror), .result_index_i(result_index),
    .result_data_i(result_data), .narrow_valid_i(narrow_valid), .narrow_index_i(narrow_index), .narrow_data_i(narrow_data),
    .load_valid_i(load_valid), .load_bytes_i(load_bytes), .load_pad_i(load_pad), .pad_i(pad), .load_index_i(load_index),
    .load_chunk_i(8'd0), .load_first_i(load_first), .load_count_i(load_count), .load_data_i(load_data), .store_en_i(store_en),
    .store_index_i(store_index), .store_chunk_i(8'd0), .store_first_i(store_first), .store_count_i(store_count),
    .store_data_o(store_data)
  );

  reg [Width-1:0]   acc [0:Depth-1];
  reg [8*Lanes-1:0] out [0:Depth-1], expected_out [0:3];
  reg [Width-1:0]   expected_dst, expected_src, value;
  integer i, l, n, seed = 51, turns = 0, first, count;

  function automatic [8*Lanes-1:0] low(input [Width-1:0] wide);
    integer lane;
    for (lane = 0; lane < Lanes; lane = lane + 1) low[8*lane +: 8] = wide[32*lane +: 8];
  endfunction
  task random_wide;
    for (l = 0; l < Lanes; l = l + 1) value[32*l +: 32] = $random(seed);
  endtask
  task none;
    {dst_en, src_en, result_valid, result_mirror, narrow_valid, load_valid, load_bytes, load_pad, store_en} = 0;
  endtask

  initial begin
    none;
    for (i = 0; i < Depth; i = i + 1) begin  // everything is written once
      random_wide;
      result_valid = 1;
      result_mirror = 1;
      result_index = i[4:0];
      result_data = value;
      acc[i] = value;
      out[i] = low(value);
      @(negedge clk);
    end
    for (n = 0; n < 8000; n = n + 1) begin
      none;
      // Reads see the state before this cycle's write.
      dst_en = n == 0 || ($random(seed) & 1);
      src_en = n == 0 || ($random(seed) & 1);
      dst_index = $random(seed);
      src_index = $random(seed);
      if (dst_en) expected_dst = acc[dst_index];
      if (src_en) expected_src = acc[src_index];
      store_en = $random(seed);
      count = 1 + {$random(seed)} % 4;
      first = {$random(seed)} % (5 - count);
      store_index = {$random(seed)} % (Depth - count + 1);
      store_first = first[4:0];
      store_count = count[4:0];
      for (i = 0; i < count; i = i + 1) expected_out[i] = out[store_index + i];
      turns = turns + (store_en && store_index % 4 != first);
      begin : write
        integer what, load_n, load_at;
        what = {$random(seed)} % 5;
        load_n = 1 + {$random(seed)} % 4;
        load_at = {$random(seed)} % (5 - load_n);
        load_index = {$random(seed)} % (Depth - load_n + 1);
        load_first = load_at[4:0];
        load_count = load_n[4:0];
        load_data = {$random(seed), $random(seed), $random(seed), $random(seed)};
        pad = $random(seed);
        random_wide;
        result_index = $random(seed);
        result_data = value;
        narrow_index = $random(seed);
        narrow_data = $random(seed);
        if (what <= 1) begin  // a result, and beside one without mirror an output entry
          result_valid = 1;
          result_mirror = what;
          acc[result_index] = value;
          if (what == 1) out[result_index] = low(value);
          narrow_valid = what == 0 && ($random(seed) & 1);
          if (narrow_valid) out[narrow_index] = narrow_data;
        end else if (what == 2) begin  // LOAD of 32-bit elements: one fills a beat
          load_valid = 1;
          load_first = 0;
          load_count = 1;
          acc[load_index] = load_data;
          out[load_index] = low(load_data);
        end else if (what == 3) begin  // of 8-bit elements
          load_valid = 1;
          load_bytes = 1;
          for (i = 0; i < load_n; i = i + 1) begin
            for (l = 0; l < Lanes; l = l + 1) value[32*l +: 32] = 32'($signed(load_data[32*(load_at+i) + 8*l +: 8]));
            acc[load_index + i] = value;
            out[load_index + i] = low(value);
          end
        end else begin
          load_valid = 1;
          load_pad = 1;
          load_bytes = $random(seed);
          acc[load_index] = {Lanes{pad}};
          out[load_index] = {Lanes{pad[7:0]}};
        end
      end
      @(negedge clk);
      check(dst_data === expected_dst && src_data === expected_src, 1);
      if (store_en) begin
        for (i = 0; i < count; i = i + 1) check(store_data[32*(first+i) +: 32] === expected_out[i], 2);
      end
    end
    check(turns > 1000, 3);
    finish_bench;
  end
endmodule
