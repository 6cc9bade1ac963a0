// burst_generator on random blocks: the bursts cover each row's beats once and in order, none crosses 4 KiB or has over 256 beats.
module burst_generator_bench;
  `include "bench.svh"
  localparam int BusBytes = 16;

  logic        start, ready, valid, taken, last;
  logic [47:0] addr, burst_addr;
  logic [15:0] rows;
  logic [28:0] bytes, stride;
  logic [7:0]  len;
  burst_generator #(.AddrBits(48), .BusBytes(BusBytes)) u_bursts (
    .clk_i(clk), .rst_ni(rst_n), .halt_i(1'b0), .start_i(start), .ready_o(ready), .addr_i(addr), .rows_i(rows), .bytes_i(bytes),
    .stride_i(stride), .burst_valid_o(valid), .burst_ready_i(taken), .burst_addr_o(burst_addr), .burst_len_o(len),
    .burst_last_o(last)
  );

  integer block, row, seed = 3;
  reg [47:0] row_addr, next, stop;
  initial begin
    start = 0;
    taken = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    for (block = 0; block < 300; block = block + 1) begin
      addr = {$random(seed)} % 1000000;
      rows = 1 + {$random(seed)} % 4;
      bytes = 1 + {$random(seed)} % ((block % 3 == 0) ? 20000 : 100);
      stride = {$random(seed)} % 30000;
      @(negedge clk);
      start = 1;
      check(ready === 1'b1, 1);
      @(negedge clk);
      start = 0;
      row_addr = addr;
      for (row = 0; row < rows; row = row + 1) begin
        next = row_addr - row_addr % BusBytes;
        stop = row_addr + bytes;
        while (next < stop) begin
          taken = 0;
          while ($random(seed) & 1) @(negedge clk);
          taken = 1;
          #1;
          check(valid === 1'b1, 2);
          check(burst_addr === next, 3);
          check(burst_addr / 4096 === (burst_addr + len * BusBytes) / 4096, 4);
          next = next + (len + 1) * BusBytes;
          check(next < stop + BusBytes, 5);
          check(last === (next >= stop && row == rows - 1), 6);
          @(negedge clk);
          taken = 0;
        end
        row_addr = row_addr + stride;
      end
      #1;
      check(valid === 1'b0, 7);
    end
    finish_bench;
  end
endmodule
