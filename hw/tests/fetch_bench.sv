// fetch on programs from anywhere in a page, beside a memory and queues that stall: each instruction once, in order, numbered, in its
// engine's queue, the fault of an illegal one with it; bursts stay within a page; a beat with an error names the instruction that it spoils.
module fetch_bench;
  `include "bench.svh"
  localparam int Batch = 1, BlockIn = 16, BlockOut = 16;
  localparam int UopDepth = 8192, InpDepth = 2048, WgtDepth = 1024, AccDepth = 2048, PrmDepth = 64;
  `include "isa.svh"
  `include "registers.svh"
  localparam int BusBytes = 8;
  localparam int Programs = 40;

  logic         start, burst_valid, burst_ready, beat_valid, beat_error, load_valid, load_ready, compute_valid, compute_ready;
  logic         store_valid, store_ready, done, moving, blocked, awake, failed;
  logic [47:0]  addr, burst_addr;
  logic [31:0]  count, number;
  logic [7:0]   burst_len;
  logic [63:0]  beat_data;
  logic [164:0] command;
  fetch u_fetch (
    .clk_i(clk), .rst_ni(rst_n), .halt_i(1'b0), .start_i(start), .addr_i(addr), .count_i(count), .burst_valid_o(burst_valid),
    .burst_ready_i(burst_ready), .burst_addr_o(burst_addr), .burst_len_o(burst_len), .beat_valid_i(beat_valid),
    .beat_data_i(beat_data), .beat_error_i(beat_error), .command_o(command), .load_valid_o(load_valid), .load_ready_i(load_ready),
    .compute_valid_o(compute_valid), .compute_ready_i(compute_ready), .store_valid_o(store_valid), .store_ready_i(store_ready),
    .done_o(done), .moving_o(moving), .blocked_o(blocked), .awake_o(awake), .failed_o(failed), .number_o(number)
  );

  reg [127:0] code [0:511];
  reg [1:0]   engine_of [0:511];  // 0 load, 1 compute, 2 store
  reg [3:0]   fault_of [0:511];
  reg [47:0]  asked [0:63];       // addresses of the beats to come
  integer     first = 0, last = 0, seed = 5, run, i, length, handed, patience, bad;

  // One that does nothing, of a random engine, with random bits where they do not matter.
  task draw(input integer place, input logic final_one);
    reg [127:0] insn;
    reg [2:0]   memory;
    begin
      insn = 128'd0;
      fault_of[place] = 4'(ErrorNone);
      engine_of[place] = 1;
      insn[LoadDramBaseLsb +: LoadDramBaseW] = $random(seed);
      if (final_one) begin
        insn = 128'(OpFinish);
      end else case ({$random(seed)} % 5)
        0, 1: begin
          case ({$random(seed)} % 5)
            0: memory = MemUop;
            1: memory = MemWgt;
            2: memory = MemInp;
            3: memory = MemAcc;
            default: memory = MemPrm;
          endcase
          insn[InsnOpLsb +: InsnOpW] = OpLoad;
          insn[LoadMemTypeLsb +: LoadMemTypeW] = memory;
          if (memory == MemWgt || memory == MemInp || memory == MemPrm) engine_of[place] = 0;
          if ({$random(seed)} % 8 == 0) begin  // a row that ends just behind the buffer
            insn[LoadYSizeLsb +: LoadYSizeW] = 1;
            insn[LoadXSizeLsb +: LoadXSizeW] = 16'hffff;
            fault_of[place] = 4'(ErrorBounds);
          end
        end
        2: begin
          insn[InsnOpLsb +: InsnOpW] = OpStore;
          insn[LoadMemTypeLsb +: LoadMemTypeW] = MemOut;
          engine_of[place] = 2;
        end
        3: begin
          insn = 128'd0;
          insn[InsnOpLsb +: InsnOpW] = OpGemm;
        end
        default: begin
          insn = 128'd0;
          insn[InsnOpLsb +: InsnOpW] = OpFinish;
          fault_of[place] = 4'(ErrorOrder);
          if ($random(seed) & 1) begin
            insn[127] = 1'b1;
            fault_of[place] = 4'(ErrorEncoding);
          end
        end
      endcase
      code[place] = insn;
    end
  endtask

  // One cycle; `bad` is the beat, counted from the program's first, that comes with an error.
  task cycle;
    reg     took_burst, took_beat, took_command;
    reg [1:0] engine;
    integer beat;
    begin
      burst_ready = $random(seed);
      {load_ready, compute_ready, store_ready} = $random(seed);
      beat_valid = first != last && ($random(seed) & 3) != 0;
      beat = 32'((asked[first % 64] - addr) >> 3);
      beat_data = beat_valid ? code[beat / 2][64 * (beat % 2) +: 64] : 64'hx;
      beat_error = beat_valid ? beat == bad : 1'bx;
      #1;
      took_burst = burst_valid && burst_ready;
      took_beat = beat_valid;
      engine = load_valid ? 2'd0 : store_valid ? 2'd2 : 2'd1;
      took_command = load_valid && load_ready || store_valid && store_ready || compute_valid && compute_ready;
      check(moving === took_command && 2'(load_valid) + 2'(compute_valid) + 2'(store_valid) < 2'd2, 1);
      check(blocked === ((load_valid || compute_valid || store_valid) && !took_command), 2);
      if (took_burst) begin
        check(32'(burst_addr[11:0]) + 8 * (32'(burst_len) + 1) <= 4096, 3);
        check(burst_addr >= addr && burst_addr + 8 * (48'(burst_len) + 1) <= addr + 16 * 48'(count), 4);
        check(last - first + 32'(burst_len) + 1 <= 64, 5);
        for (i = 0; i <= 32'(burst_len); i = i + 1) asked[(last + i) % 64] = burst_addr + 8 * i;
        last = last + 32'(burst_len) + 1;
      end
      if (took_command) begin
        check(engine === (fault_of[handed] == 4'(ErrorEncoding) ? 2'd1 : engine_of[handed]), 6);
        check(command === {fault_of[handed], fault_of[handed] == 4'(ErrorNone), 32'(handed), code[handed]}, 7);
        handed = handed + 1;
      end
      @(negedge clk);
      if (took_beat) first = first + 1;
    end
  endtask

  task launch(input integer instructions);
    begin
      length = instructions;
      count = instructions;
      addr = 48'h10_0000_0000 + 64 * ({$random(seed)} % 64);
      for (i = 0; i < length; i = i + 1) draw(i, i == length - 1);
      handed = 0;
      start = 1;
      burst_ready = 0;
      beat_valid = 0;
      @(negedge clk);
      start = 0;
    end
  endtask

  initial begin
    {start, burst_ready, beat_valid, load_ready, compute_ready, store_ready} = 0;
    {addr, count} = 0;
    bad = -1;
    repeat (3) @(negedge clk);
    rst_n = 1;
    for (run = 0; run < Programs; run = run + 1) begin
      launch(run == 0 ? 1 : 1 + {$random(seed)} % 300);
      for (patience = 0; !(handed == length && done === 1'b1) && patience < 10000; patience = patience + 1) cycle;
      check(handed == length && first == last && failed === 1'b0, 8);
    end
    // An error in the second word of instruction 20: those before it are handed over, it is named, and nothing else comes.
    launch(100);
    bad = 41;
    for (patience = 0; patience < 2000; patience = patience + 1) cycle;
    check(failed === 1'b1 && done === 1'b1 && number === 32'd20 && handed == 20 && first == last, 9);
    check(burst_valid === 1'b0 && awake === 1'b1, 10);
    finish_bench;
  end
endmodule
