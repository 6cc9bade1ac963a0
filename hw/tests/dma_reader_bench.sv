// dma_reader on random LOADs, back to back, beside a memory that stalls: every element and every pad lands once, in program order and where
// it belongs; LOADs are done in order; a beat with an error ends the work. Elements of a quarter of the bus up to four bus words.
module dma_reader_bench;
  `include "bench.svh"
  localparam int BusBytes = 16;
  localparam int Loads = 300;

  logic         load_valid, load_ready, burst_valid, burst_ready, beat_valid, beat_ready, beat_error, write_valid, write_zero, done, idle;
  logic         moving, failed, land_en;
  logic [1:0]   kind, push, write_kind, done_push;
  logic [4:0]   elem_log2;
  logic [31:0]  number, dram, done_number, number_out;
  logic [23:0]  sram, write_index;
  logic [15:0]  y_size, x_size, x_stride;
  logic [3:0]   top, bottom, left, right;
  logic [47:0]  burst_addr;
  logic [7:0]   burst_len, write_chunk;
  logic [127:0] beat_data, write_data;
  logic [4:0]   write_first, write_count, write_bytes;
  dma_reader #(.BusBytes(BusBytes)) u_reader (
    .clk_i(clk), .rst_ni(rst_n), .halt_i(1'b0), .land_en_i(land_en), .load_valid_i(load_valid), .load_ready_o(load_ready),
    .load_kind_i(kind), .load_elem_log2_i(elem_log2), .load_number_i(number), .load_push_i(push), .load_base_i(48'h40000),
    .load_dram_i(dram), .load_sram_i(sram), .load_y_size_i(y_size), .load_x_size_i(x_size), .load_x_stride_i(x_stride),
    .load_y_pad_0_i(top), .load_y_pad_1_i(bottom), .load_x_pad_0_i(left), .load_x_pad_1_i(right), .burst_valid_o(burst_valid),
    .burst_ready_i(burst_ready), .burst_addr_o(burst_addr), .burst_len_o(burst_len), .beat_valid_i(beat_valid),
    .beat_ready_o(beat_ready), .beat_data_i(beat_data), .beat_error_i(beat_error), .write_valid_o(write_valid),
    .write_kind_o(write_kind), .write_zero_o(write_zero), .write_index_o(write_index), .write_chunk_o(write_chunk),
    .write_first_o(write_first), .write_count_o(write_count), .write_data_o(write_data), .write_bytes_o(write_bytes),
    .done_valid_o(done), .done_number_o(done_number), .done_push_o(done_push), .idle_o(idle), .moving_o(moving), .failed_o(failed),
    .number_o(number_out)
  );

  // Memory: byte i behind the base is a hash of i.
  function automatic [7:0] byte_at(input integer address);
    byte_at = 8'((address - 'h40000) * 7 + (address - 'h40000) / 251 + (address - 'h40000) / 4093);
  endfunction
  integer seed = 31;
  `include "answers.svh"
  // The LOADs, to be looked up when their elements land.
  reg [1:0]  kind_of [0:Loads], push_of [0:Loads];
  integer    log2_of [0:Loads], dram_of [0:Loads], sram_of [0:Loads], y_of [0:Loads], x_of [0:Loads], stride_of [0:Loads];
  integer    top_of [0:Loads], bottom_of [0:Loads], left_of [0:Loads], right_of [0:Loads];
  integer    started = 0, finished = 0, landed = 0, left_over = 0, i, j, place, row, column, width, size, pads = 0;

  // Landed bytes of the current LOAD, each at most once.
  reg [7:0]  got [0:65535];
  reg        have [0:65535];

  task check_load(input integer which);
    begin
      size = 1 << log2_of[which];
      width = left_of[which] + x_of[which] + right_of[which];
      for (i = 0; i < (top_of[which] + y_of[which] + bottom_of[which]) * width && x_of[which] != 0 && y_of[which] != 0; i = i + 1) begin
        row = i / width - top_of[which];
        column = i % width - left_of[which];
        for (j = 0; j < size; j = j + 1) begin
          place = i * size + j;
          check(have[place] === 1'b1, 1);
          if (row < 0 || row >= y_of[which] || column < 0 || column >= x_of[which]) check(got[place] === 8'd0, 2);
          else check(got[place] === byte_at('h40000 + (dram_of[which] + row * stride_of[which] + column) * size + j), 3);
          have[place] = 1'b0;
          landed = landed - 1;
        end
      end
      check(landed == 0, 4);
    end
  endtask

  initial begin
    for (i = 0; i < 65536; i = i + 1) have[i] = 1'b0;
    {load_valid, burst_ready, beat_valid, beat_error} = 0;
    land_en = 1;
    repeat (3) @(negedge clk);
    rst_n = 1;
    while (finished < Loads && left_over < 100000) begin
      left_over = left_over + 1;
      if (!load_valid && started < Loads && ($random(seed) & 3) != 0) begin
        load_valid = 1;
        number = started;
        kind = $random(seed);
        push = $random(seed);
        elem_log2 = 2 + {$random(seed)} % 5;
        y_size = started % 17 == 3 ? 0 : 1 + {$random(seed)} % 4;
        x_size = started % 19 == 5 ? 0 : 1 + {$random(seed)} % (started % 5 == 0 ? 40 : 6);
        x_stride = {$random(seed)} % (x_size + 9);
        {top, bottom, left, right} = started % 3 ? {$random(seed)} & {$random(seed)} & 16'h3333 : 16'd0;
        dram = {$random(seed)} % 500;
        sram = {$random(seed)} % 1000;
      end
      land_en = ($random(seed) & 7) != 0;
      offer_beat;
      #1;
      if (load_valid && load_ready) begin
        kind_of[started] = kind;
        push_of[started] = push;
        log2_of[started] = elem_log2;
        dram_of[started] = dram;
        sram_of[started] = sram;
        y_of[started] = y_size;
        x_of[started] = x_size;
        stride_of[started] = x_stride;
        top_of[started] = top;
        bottom_of[started] = bottom;
        left_of[started] = left;
        right_of[started] = right;
      end
      take_burst;
      begin : edge_of_clock
        reg took_load;
        took_load = load_valid && load_ready;
        @(negedge clk);
        if (took_load) begin
          load_valid = 0;
          started = started + 1;
        end
        beat_taken;
      end
      if (write_valid) begin
        check(write_kind === kind_of[finished], 5);
        size = 1 << log2_of[finished];
        if (write_zero) begin
          pads = pads + 1;
          check(write_bytes === 5'd0, 6);
          for (j = 0; j < size; j = j + 1) begin
            place = (write_index - sram_of[finished]) * size + j;
            check(have[place] === 1'b0, 7);
            have[place] = 1'b1;
            got[place] = 8'd0;
            landed = landed + 1;
          end
        end else begin
          check(32'(write_bytes) === (size > BusBytes ? BusBytes : write_count * size), 8);
          for (j = 0; j < (size > BusBytes ? BusBytes : write_count * size); j = j + 1) begin
            place = (write_index - sram_of[finished]) * size + (size > BusBytes ? write_chunk * BusBytes : 0) + j;
            check(have[place] === 1'b0, 9);
            have[place] = 1'b1;
            got[place] = write_data[8 * ((size > BusBytes ? 0 : write_first * size) + j) +: 8];
            landed = landed + 1;
          end
        end
      end
      if (done) begin
        check(done_number === finished && done_push === push_of[finished], 10);
        check_load(finished);
        finished = finished + 1;
      end
    end
    check(finished == Loads && pads > 300, 11);
    repeat (3) @(negedge clk);
    check(idle === 1'b1 && failed === 1'b0, 12);

    // An error: that LOAD is never done, it is named, and nothing lands any more.
    load_valid = 1;
    number = 77;
    land_en = 1;
    elem_log2 = 4;
    y_size = 1;
    x_size = 3;
    {top, bottom, left, right} = 0;
    burst_ready = 1;
    @(negedge clk);
    load_valid = 0;
    repeat (4) @(negedge clk);
    for (i = 0; i < 3; i = i + 1) begin
      beat_valid = 1;
      beat_error = i == 1;
      @(negedge clk);
      check(done === 1'b0 && write_valid === (i == 0), 13);
    end
    beat_valid = 0;
    check(failed === 1'b1 && number_out === 32'd77 && idle === 1'b1, 14);
    finish_bench;
  end
endmodule
