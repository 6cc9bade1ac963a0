// load_engine on random LOADs of its three memories and CONFIGs of the pad, beside a memory that stalls and tokens that come and go: what
// stands in the buffers in the end is what the instructions say one after the other; they are done in order; each token is taken before
// its instruction and given after it.
module load_engine_bench;
  `include "bench.svh"
  localparam int Batch = 1, BlockIn = 4, BlockOut = 8;
  localparam int UopDepth = 1024, InpDepth = 256, WgtDepth = 64, AccDepth = 256, PrmDepth = 16;
  `include "isa.svh"
  localparam int BusBytes = 16;
  localparam int Commands = 600;
  localparam int InsnWidth = 128;

  logic         command_valid, command_ready, token_available, token_pop, token_space, token_reserve, token_push;
  logic         burst_valid, burst_ready, beat_valid, beat_ready, inp_write, wgt_write, prm_write, write_pad, retire, idle, busy;
  logic         wait_compute, wait_space, failed;
  logic [160:0] command;
  logic [47:0]  burst_addr;
  logic [7:0]   burst_len, inp_pad, write_chunk;
  logic [127:0] beat_data, write_data;
  logic [23:0]  write_index;
  logic [4:0]   write_first, write_count, bytes;
  logic [31:0]  retire_number, number;
  load_engine #(
    .BusBytes(BusBytes), .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth),
    .WgtDepth(WgtDepth), .AccDepth(AccDepth), .PrmDepth(PrmDepth)
  ) u_engine (
    .clk_i(clk), .rst_ni(rst_n), .halt_i(1'b0), .inp_base_i(48'h10000), .wgt_base_i(48'h20000), .prm_base_i(48'h30000),
    .command_valid_i(command_valid), .command_ready_o(command_ready), .command_i(command), .token_available_i(token_available),
    .token_pop_o(token_pop), .token_space_i(token_space), .token_reserve_o(token_reserve), .token_push_o(token_push),
    .burst_valid_o(burst_valid), .burst_ready_i(burst_ready), .burst_addr_o(burst_addr), .burst_len_o(burst_len),
    .beat_valid_i(beat_valid), .beat_ready_o(beat_ready), .beat_data_i(beat_data), .beat_error_i(1'b0), .inp_write_o(inp_write),
    .wgt_write_o(wgt_write), .prm_write_o(prm_write), .write_pad_o(write_pad), .inp_pad_o(inp_pad), .write_index_o(write_index),
    .write_chunk_o(write_chunk), .write_first_o(write_first), .write_count_o(write_count), .write_data_o(write_data),
    .retire_o(retire), .retire_number_o(retire_number), .idle_o(idle), .busy_o(busy), .wait_compute_o(wait_compute),
    .wait_space_o(wait_space), .bytes_o(bytes), .failed_o(failed), .number_o(number)
  );

  // Byte i of memory is a hash of i.
  function automatic [7:0] byte_at(input integer address);
    byte_at = 8'(address * 7 + address / 251 + address / 4093);
  endfunction
  integer seed = 77;
  `include "answers.svh"

  // Buffers as written, and as they should be: inp from 0, wgt from 8192, prm from 16384.
  reg [7:0]  got [0:24575], want [0:24575];
  reg        pushes [0:Commands];
  reg [7:0]  pad = 8'd0;
  integer    begun = 0, retired = 0, given = 0, owed = 0, tokens = 0, patience = 0, i, j, k, size, base, width, memory_base;
  integer    sram, dram, rows, columns, stride, top, left, place, moved = 0, loaded = 0;
  reg        took_command;
  reg [3:0]  pads;

  task draw;
    reg [127:0] insn;
    reg [2:0]   memory;
    reg         config_one, pop, push;
    begin
      insn = 128'd0;
      config_one = {$random(seed)} % 9 == 0;
      pop = {$random(seed)} % 4 == 0;
      push = {$random(seed)} % 4 == 0;
      if (config_one) begin
        pad = $random(seed);
        insn[InsnOpLsb +: InsnOpW] = OpConfig;
        insn[ConfigStateLsb +: ConfigStateW] = StateInpPad;
        insn[ConfigValueLsb +: ConfigValueW] = $signed(pad);
      end else begin
        case ({$random(seed)} % 3)
          0: memory = MemInp;
          1: memory = MemWgt;
          default: memory = MemPrm;
        endcase
        base = memory == MemInp ? 0 : memory == MemWgt ? 8192 : 16384;
        memory_base = memory == MemInp ? 'h10000 : memory == MemWgt ? 'h20000 : 'h30000;
        size = memory == MemInp ? MemInpBits / 8 : memory == MemWgt ? MemWgtBits / 8 : MemPrmBits / 8;
        rows = {$random(seed)} % 4;
        columns = {$random(seed)} % (memory == MemInp ? 30 : 3);
        pads = {$random(seed)} % 3 == 0 ? 4'(1 + {$random(seed)} % 2) : 4'd0;
        if (memory == MemPrm) pads = 0;
        top = 32'(pads);
        left = 32'(pads);
        stride = columns + {$random(seed)} % 5;
        width = columns + 2 * left;
        sram = {$random(seed)} % 4;
        dram = {$random(seed)} % 40;
        insn[InsnOpLsb +: InsnOpW] = OpLoad;
        insn[LoadMemTypeLsb +: LoadMemTypeW] = memory;
        insn[LoadSramBaseLsb +: LoadSramBaseW] = sram;
        insn[LoadDramBaseLsb +: LoadDramBaseW] = dram;
        insn[LoadYSizeLsb +: LoadYSizeW] = rows;
        insn[LoadXSizeLsb +: LoadXSizeW] = columns;
        insn[LoadXStrideLsb +: LoadXStrideW] = stride;
        insn[LoadYPad0Lsb +: LoadYPad0W] = pads;
        insn[LoadYPad1Lsb +: LoadYPad1W] = pads;
        insn[LoadXPad0Lsb +: LoadXPad0W] = pads;
        insn[LoadXPad1Lsb +: LoadXPad1W] = pads;
        if (rows != 0 && columns != 0) begin
          for (i = 0; i < (rows + 2 * top) * width; i = i + 1) begin
            for (j = 0; j < size; j = j + 1) begin
              place = base + (sram + i) * size + j;
              if (i / width < top || i / width >= top + rows || i % width < left || i % width >= left + columns) begin
                want[place] = memory == MemInp ? pad : 8'd0;
              end else begin
                want[place] = byte_at(memory_base + (dram + (i / width - top) * stride + i % width - left) * size + j);
                loaded = loaded + 1;
              end
            end
          end
        end
      end
      insn[InsnPopNextLsb] = pop;
      insn[InsnPushNextLsb] = push;
      pushes[begun] = push;
      command = {1'b1, 32'(begun), insn};
    end
  endtask

  task land;
    begin
      base = inp_write ? 0 : wgt_write ? 8192 : 16384;
      size = inp_write ? MemInpBits / 8 : wgt_write ? MemWgtBits / 8 : MemPrmBits / 8;
      check(2'(inp_write) + 2'(wgt_write) + 2'(prm_write) === 2'd1, 1);
      if (write_pad) begin
        check(bytes === 5'd0, 2);
        for (k = 0; k < size; k = k + 1) got[base + write_index * size + k] = inp_write ? inp_pad : 8'd0;
      end else begin
        for (k = 0; k < (size > BusBytes ? BusBytes : write_count * size); k = k + 1) begin
          got[base + write_index * size + (size > BusBytes ? write_chunk * BusBytes : 0) + k] =
              write_data[8 * ((size > BusBytes ? 0 : write_first * size) + k) +: 8];
        end
        moved = moved + 32'(bytes);
      end
    end
  endtask

  initial begin
    for (i = 0; i < 24576; i = i + 1) {got[i], want[i]} = 0;
    {command_valid, burst_ready, beat_valid, token_available, token_space} = 0;
    command = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    while (retired < Commands && patience < 200000) begin
      patience = patience + 1;
      if (!command_valid && begun < Commands && ($random(seed) & 3) != 0) begin
        draw;
        command_valid = 1;
      end
      if (tokens < 3 && $random(seed) & 1) tokens = tokens + 1;
      token_available = tokens != 0;
      token_space = $random(seed);
      offer_beat;
      #1;
      took_command = command_valid && command_ready;
      take_burst;
      check(token_pop === (took_command && command[InsnPopNextLsb]) && token_reserve === (took_command && command[InsnPushNextLsb]), 3);
      check(!token_pop || token_available, 4);
      check(!token_reserve || token_space, 5);
      check(wait_compute === (command_valid && command[InsnPopNextLsb] && !token_available), 6);
      if (token_pop) tokens = tokens - 1;
      if (inp_write || wgt_write || prm_write) land;
      if (retire) begin
        check(retire_number === 32'(retired) && token_push === pushes[retired], 7);
        retired = retired + 1;
      end else begin
        check(token_push === 1'b0, 8);
      end
      @(negedge clk);
      if (took_command) begin
        command_valid = 0;
        begun = begun + 1;
      end
      beat_taken;
    end
    check(retired == Commands && idle === 1'b1 && failed === 1'b0 && moved == loaded && moved > 10000, 9);
    for (i = 0; i < 24576; i = i + 1) check(got[i] === want[i], 10);
    finish_bench;
  end
endmodule
