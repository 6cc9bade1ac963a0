// load_buffer against an array of bytes: elements wider than the bus in chunks, narrower ones several per beat at any place, pads, and one
// or several consecutive elements read at any place.
module load_buffer_bench;
  `include "bench.svh"

  // Four shapes beside each other; each writes its own part of what is drawn.
  localparam int Shapes = 4;
  integer checked = 0;
  genvar s;
  for (s = 0; s < Shapes; s++) begin : gen_shape
    localparam int Width = (s == 0) ? 128 : (s == 1) ? 32 : (s == 2) ? 128 : 16;
    localparam int Reads = (s < 2) ? 1 : (s == 2) ? 4 : 2;
    localparam int Depth = 32;
    localparam int Bytes = Width / 8;
    localparam int Elements = (Bytes < 8) ? 8 / Bytes : 1;
    logic                   write = 1'b0, pad = 1'b0, read = 1'b0;
    logic [7:0]             pad_value;
    logic [23:0]            index;
    logic [7:0]             chunk;
    logic [3:0]             first, count;
    logic [63:0]            data;
    logic [4:0]             read_index;
    logic [Reads*Width-1:0] read_data;
    load_buffer #(.Width(Width), .Depth(Depth), .Reads(Reads)) u_buffer (
      .clk_i(clk),
      .write_valid_i(write),
      .write_pad_i(pad),
      .pad_i(pad_value),
      .write_index_i(index),
      .write_chunk_i(chunk),
      .write_first_i(first),
      .write_count_i(count),
      .write_data_i(data),
      .read_en_i(read),
      .read_index_i(read_index),
      .read_data_o(read_data)
    );

    logic [7:0]             model [0:Depth*Bytes-1];
    logic [Reads*Width-1:0] expected;
    integer                 i, k, seed = 11 + s;
    initial begin
      // All bytes are written once before any is read.
      for (i = 0; i < 4000; i = i + 1) begin
        @(negedge clk);
        if (read && i > 200) begin
          check(read_data === expected, s);
          checked = checked + 1;
        end
        read = i > 150;
        read_index = $random(seed) & (Depth - 1);
        if (read_index > Depth - Reads) read_index = Depth - Reads;
        for (k = 0; k < Reads * Bytes; k = k + 1) expected[k*8 +: 8] = model[read_index*Bytes+k];
        write = 1'b1;
        pad = i < Depth || ($random(seed) & 3) == 0;
        pad_value = $random(seed);
        index = (i < Depth) ? i : $random(seed) & (Depth - 1);
        chunk = (Bytes > 8) ? $random(seed) & (Bytes / 8 - 1) : 0;
        first = $random(seed) & (Elements - 1);
        count = 1 + ($random(seed) & (Elements - 1)) % (Elements - first);
        if (index + count > Depth) count = Depth - index;
        data = {$random(seed), $random(seed)};
        if (pad) begin
          for (k = 0; k < Bytes; k = k + 1) model[index*Bytes+k] = pad_value;
        end else if (Bytes >= 8) begin
          for (k = 0; k < 8; k = k + 1) model[index*Bytes+chunk*8+k] = data[k*8 +: 8];
        end else begin
          for (k = 0; k < count * Bytes; k = k + 1) model[index*Bytes+k] = data[(first*Bytes+k)*8 +: 8];
        end
      end
    end
  end

  initial begin
    repeat (4010) @(negedge clk);
    check(checked > 4 * 3000, 9);
    finish_bench;
  end
endmodule
