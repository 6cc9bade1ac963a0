// compute_engine on random instructions of every kind, beside a memory that stalls and tokens that come and go: accumulators and `out` hold
// what the instructions make of them one after the other, whatever overlaps; they are done in order, with their tokens; FINISH waits for all;
// micro-ops and indices beyond their buffers stop it with the instruction's number.
module compute_engine_bench;
  `include "bench.svh"
  localparam int Batch = 1, BlockIn = 4, BlockOut = 4;
  localparam int UopDepth = 64, InpDepth = 32, WgtDepth = 16, AccDepth = 32, PrmDepth = 4;
  `include "isa.svh"
  `include "alu_lane.svh"
  `include "registers.svh"
  `include "requantize_rule.svh"
  localparam int BusBytes = 8;
  localparam int Commands = 2500;
  localparam int Lanes = Batch * BlockOut;

  logic         command_valid, command_ready, others_idle, burst_valid, burst_ready, beat_valid, beat_ready, inp_read, wgt_read;
  logic         prm_read, store_en, retire, finish, gemm_step, alu_step, depthwise_step, requantize_step, idle, busy, wait_load;
  logic         wait_store, wait_space, wait_memory, failed, read_awake, requantize_awake;
  logic [1:0]   token_available, token_pop, token_space, token_reserve, token_push, prm_index;
  logic [160:0] command;
  logic [47:0]  burst_addr;
  logic [7:0]   burst_len;
  logic [63:0]  beat_data, store_data;
  logic [4:0]   inp_index;
  logic [3:0]   wgt_index, failed_code, uop_bytes, acc_bytes;
  logic [31:0]  inp_data, retire_number, number;
  logic [127:0] wgt_data;
  logic [511:0] prm_data;
  logic [23:0]  store_index;
  compute_engine #(
    .BusBytes(BusBytes), .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .RequantLanes(1), .DepthwiseWidth(1), .AluLanes(1), .ExtendedAlu(1)
  ) u_engine (
    .clk_i(clk), .clk_read_i(clk), .clk_requantize_i(clk), .read_awake_o(read_awake), .requantize_awake_o(requantize_awake),
    .rst_ni(rst_n), .halt_i(1'b0), .uop_base_i(48'h10000), .acc_base_i(48'h20000), .command_valid_i(command_valid),
    .command_ready_o(command_ready), .command_i(command), .others_idle_i(others_idle), .tokens_left_i(1'b0),
    .token_available_i(token_available), .token_pop_o(token_pop), .token_space_i(token_space), .token_reserve_o(token_reserve),
    .token_push_o(token_push), .burst_valid_o(burst_valid), .burst_ready_i(burst_ready), .burst_addr_o(burst_addr),
    .burst_len_o(burst_len), .beat_valid_i(beat_valid), .beat_ready_o(beat_ready), .beat_data_i(beat_data), .beat_error_i(1'b0),
    .inp_read_o(inp_read), .inp_index_o(inp_index), .inp_data_i(inp_data), .wgt_read_o(wgt_read), .wgt_index_o(wgt_index),
    .wgt_data_i(wgt_data), .prm_read_o(prm_read), .prm_index_o(prm_index), .prm_data_i(prm_data), .store_en_i(store_en),
    .store_index_i(store_index), .store_chunk_i(8'd0), .store_first_i(4'd0), .store_count_i(4'd1), .store_data_o(store_data),
    .retire_o(retire), .retire_number_o(retire_number), .finish_o(finish), .gemm_step_o(gemm_step), .alu_step_o(alu_step),
    .depthwise_step_o(depthwise_step), .requantize_step_o(requantize_step), .idle_o(idle), .busy_o(busy), .wait_load_o(wait_load),
    .wait_store_o(wait_store), .wait_space_o(wait_space), .wait_memory_o(wait_memory), .uop_bytes_o(uop_bytes),
    .acc_bytes_o(acc_bytes), .failed_o(failed), .failed_code_o(failed_code), .number_o(number)
  );

  // The other engines' buffers, memory, and what this engine's buffers should hold.
  reg [31:0]  inps [0:InpDepth-1];
  reg [127:0] wgts [0:WgtDepth-1], accs [0:AccDepth-1];
  reg [511:0] prms [0:PrmDepth-1];
  reg [31:0]  outs [0:AccDepth-1], uop_memory [0:UopDepth-1], uops [0:UopDepth-1];
  always @(posedge clk) begin
    if (inp_read) inp_data <= inps[inp_index];
    if (wgt_read) wgt_data <= wgts[wgt_index];
    if (prm_read) prm_data <= prms[prm_index];
  end
  function automatic [7:0] byte_at(input integer address);  // micro-ops from 'h10000, a hash of the address behind 'h20000
    byte_at = address < 'h20000 ? uop_memory[(address >> 2) & 63][8 * (address & 3) +: 8]
                                : 8'(address * 7 + address / 251 + address / 4093);
  endfunction

  integer seed = 9;
  `include "answers.svh"
  reg [1:0]  pushes [0:Commands+8];
  integer    begun = 0, retired = 0, patience = 0, i, j, k, l, o, b, steps = 0, expected_steps = 0;
  integer    uop_bgn, uop_end, iter_out, iter_in, dst, src, wgt, sum, rows, columns, stride, sram, dram, pad, place, finished = 0;
  integer    kind_of_insn, dst_out, dst_in, src_out, src_in, wgt_out, wgt_in;
  reg [31:0] acc_pad = 0, immediate = 0;
  reg        took_command;

  task alter(input integer index, input [127:0] value, input mirror);
    begin
      accs[index] = value;
      if (mirror) for (l = 0; l < Lanes; l = l + 1) outs[index][8 * l +: 8] = value[32 * l +: 8];
    end
  endtask

  function automatic [127:0] product(input integer s, input integer w, input integer depthwise_one);
    integer c, d, total;
    for (c = 0; c < BlockOut; c = c + 1) begin
      total = 0;
      if (depthwise_one != 0) total = $signed(inps[s][8 * c +: 8]) * $signed(wgts[w / 4][32 * (w % 4) + 8 * c +: 8]);
      else for (d = 0; d < BlockIn; d = d + 1) total = total + $signed(inps[s][8 * d +: 8]) * $signed(wgts[w][32 * c + 8 * d +: 8]);
      product[32 * c +: 32] = total;
    end
  endfunction

  reg [127:0] insn, value, operand;
  reg [6:0]   operation;
  reg         reset_one, overwrite_one, use_imm, keep, tflite, depthwise_one;
  reg signed [31:0] lane_b, imm;
  reg signed [63:0] scaled;
  reg [127:0] each;

  // A loop instruction's fields, which GEMM, MAC, ALU and ALU_EXTENDED have at places of their own.
  task draw_loops;
    begin
      uop_bgn = {$random(seed)} % 30;
      uop_end = uop_bgn + {$random(seed)} % 4;
      iter_out = {$random(seed)} % 4;
      iter_in = {$random(seed)} % 4;
      dst_out = {$random(seed)} % 3;
      dst_in = {$random(seed)} % 3;
      src_out = {$random(seed)} % 3;
      src_in = {$random(seed)} % 3;
      wgt_out = {$random(seed)} % 2;
      wgt_in = {$random(seed)} % 2;
    end
  endtask

  task draw_mac(input gemm);
    begin
      draw_loops;
      reset_one = gemm && {$random(seed)} % 4 == 0;
      overwrite_one = !reset_one && {$random(seed)} % 3 == 0;
      depthwise_one = !gemm && ($random(seed) & 1);
      if (gemm) begin
        insn[InsnOpLsb +: InsnOpW] = OpGemm;
        insn[GemmResetLsb] = reset_one;
        insn[GemmOverwriteLsb] = overwrite_one;
        insn[GemmUopBgnLsb +: GemmUopBgnW] = uop_bgn;
        insn[GemmUopEndLsb +: GemmUopEndW] = uop_end;
        insn[GemmIterOutLsb +: GemmIterOutW] = iter_out;
        insn[GemmIterInLsb +: GemmIterInW] = iter_in;
        insn[GemmDstOutLsb +: GemmDstOutW] = dst_out;
        insn[GemmDstInLsb +: GemmDstInW] = dst_in;
        insn[GemmSrcOutLsb +: GemmSrcOutW] = src_out;
        insn[GemmSrcInLsb +: GemmSrcInW] = src_in;
        insn[GemmWgtOutLsb +: GemmWgtOutW] = wgt_out;
        insn[GemmWgtInLsb +: GemmWgtInW] = wgt_in;
      end else begin
        insn[InsnOpLsb +: InsnOpW] = OpMac;
        insn[MacDepthwiseLsb] = depthwise_one;
        insn[MacOverwriteLsb] = overwrite_one;
        insn[MacUopBgnLsb +: MacUopBgnW] = uop_bgn;
        insn[MacUopEndLsb +: MacUopEndW] = uop_end;
        insn[MacIterOutLsb +: MacIterOutW] = iter_out;
        insn[MacIterInLsb +: MacIterInW] = iter_in;
        insn[MacDstOutLsb +: MacDstOutW] = dst_out;
        insn[MacDstInLsb +: MacDstInW] = dst_in;
        insn[MacSrcOutLsb +: MacSrcOutW] = src_out;
        insn[MacSrcInLsb +: MacSrcInW] = src_in;
        insn[MacWgtOutLsb +: MacWgtOutW] = wgt_out;
        insn[MacWgtInLsb +: MacWgtInW] = wgt_in;
      end
      for (i = 0; i < iter_out; i = i + 1) for (j = 0; j < iter_in; j = j + 1) for (k = uop_bgn; k < uop_end; k = k + 1) begin
        dst = 32'(uops[k][UopDstLsb +: UopDstW]) + i * dst_out + j * dst_in;
        src = 32'(uops[k][UopSrcLsb +: UopSrcW]) + i * src_out + j * src_in;
        wgt = 32'(uops[k][UopWgtLsb +: UopWgtW]) + i * wgt_out + j * wgt_in;
        operand = product(src, wgt, 32'(depthwise_one));
        for (l = 0; l < Lanes; l = l + 1) begin
          value[32 * l +: 32] = operand[32 * l +: 32] + (overwrite_one ? 32'd0 : accs[dst][32 * l +: 32]);
        end
        alter(dst, reset_one ? 128'd0 : value, gemm);
        if (!reset_one) expected_steps = expected_steps + 1;
      end
    end
  endtask

  task draw_alu(input extended_one);
    begin
      draw_loops;
      use_imm = $random(seed);
      imm = $random(seed);
      imm = extended_one ? $signed(immediate) : imm >>> 16;
      if (extended_one) begin
        operation = 7'({$random(seed)} % 6);
        insn[InsnOpLsb +: InsnOpW] = OpAluExtended;
        insn[AluExtendedExtensionLsb] = 1'b1;
        insn[AluExtendedOperationLsb +: AluExtendedOperationW] = operation;
        insn[AluExtendedUseImmLsb] = use_imm;
        insn[AluExtendedUopBgnLsb +: AluExtendedUopBgnW] = uop_bgn;
        insn[AluExtendedUopEndLsb +: AluExtendedUopEndW] = uop_end;
        insn[AluExtendedIterOutLsb +: AluExtendedIterOutW] = iter_out;
        insn[AluExtendedIterInLsb +: AluExtendedIterInW] = iter_in;
        insn[AluExtendedDstOutLsb +: AluExtendedDstOutW] = dst_out;
        insn[AluExtendedDstInLsb +: AluExtendedDstInW] = dst_in;
        insn[AluExtendedSrcOutLsb +: AluExtendedSrcOutW] = src_out;
        insn[AluExtendedSrcInLsb +: AluExtendedSrcInW] = src_in;
      end else begin
        operation = 7'({$random(seed)} % 5);
        insn[InsnOpLsb +: InsnOpW] = OpAlu;
        insn[AluOpcodeLsb +: AluOpcodeW] = operation;
        insn[AluUseImmLsb] = use_imm;
        insn[AluImmLsb +: AluImmW] = imm;
        insn[AluUopBgnLsb +: AluUopBgnW] = uop_bgn;
        insn[AluUopEndLsb +: AluUopEndW] = uop_end;
        insn[AluIterOutLsb +: AluIterOutW] = iter_out;
        insn[AluIterInLsb +: AluIterInW] = iter_in;
        insn[AluDstOutLsb +: AluDstOutW] = dst_out;
        insn[AluDstInLsb +: AluDstInW] = dst_in;
        insn[AluSrcOutLsb +: AluSrcOutW] = src_out;
        insn[AluSrcInLsb +: AluSrcInW] = src_in;
      end
      run_alu(extended_one);
    end
  endtask

  task run_alu(input extended_one);
    for (i = 0; i < iter_out; i = i + 1) for (j = 0; j < iter_in; j = j + 1) for (k = uop_bgn; k < uop_end; k = k + 1) begin
      dst = 32'(uops[k][UopDstLsb +: UopDstW]) + i * dst_out + j * dst_in;
      src = 32'(uops[k][UopSrcLsb +: UopSrcW]) + i * src_out + j * src_in;
      for (l = 0; l < Lanes; l = l + 1) begin
        lane_b = use_imm ? imm : accs[src][32 * l +: 32];
        value[32 * l +: 32] = extended_one ? alu_extended_op(operation, accs[dst][32 * l +: 32], lane_b, imm)
                                           : alu_op(operation[2:0], accs[dst][32 * l +: 32], lane_b);
      end
      alter(dst, value, 1'b1);
    end
  endtask

  task draw_requantize;
    begin
      keep = $random(seed);
      tflite = $random(seed);
      iter_out = {$random(seed)} % 4;
      iter_in = {$random(seed)} % 4;
      dst = {$random(seed)} % 20;
      src = {$random(seed)} % 20;
      dst_out = {$random(seed)} % 3;
      dst_in = {$random(seed)} % 3;
      src_out = {$random(seed)} % 3;
      src_in = {$random(seed)} % 3;
      place = {$random(seed)} % 2;
      pad = {$random(seed)} % 2;
      insn[InsnOpLsb +: InsnOpW] = OpRequantize;
      insn[RequantizeKeepLsb] = keep;
      insn[RequantizeTfliteLsb] = tflite;
      insn[RequantizeIterOutLsb +: RequantizeIterOutW] = iter_out;
      insn[RequantizeIterInLsb +: RequantizeIterInW] = iter_in;
      insn[RequantizeDstLsb +: RequantizeDstW] = dst;
      insn[RequantizeSrcLsb +: RequantizeSrcW] = src;
      insn[RequantizeDstOutLsb +: RequantizeDstOutW] = dst_out;
      insn[RequantizeDstInLsb +: RequantizeDstInW] = dst_in;
      insn[RequantizeSrcOutLsb +: RequantizeSrcOutW] = src_out;
      insn[RequantizeSrcInLsb +: RequantizeSrcInW] = src_in;
      insn[RequantizePrmLsb +: RequantizePrmW] = place;
      insn[RequantizePrmOutLsb +: RequantizePrmOutW] = pad;
      if (pad != 0 && iter_out == 3) insn[RequantizePrmLsb +: RequantizePrmW] = 0;
      place = 32'(insn[RequantizePrmLsb +: RequantizePrmW]);
      for (i = 0; i < iter_out; i = i + 1) for (j = 0; j < iter_in; j = j + 1) for (l = 0; l < Lanes; l = l + 1) begin
        each = prms[place + i * pad][128 * l +: 128];
        sum = accs[src + i * src_out + j * src_in][32 * l +: 32] + each[31:0];
        scaled = rule(tflite, sum, each[62:32], each[68:64], each[76:72]);
        if (keep) accs[dst + i * dst_out + j * dst_in][32 * l +: 32] = scaled[31:0];
        else outs[dst + i * dst_out + j * dst_in][8 * l +: 8] = clamped({{32{scaled[31]}}, scaled[31:0]}, each[119:96]);
      end
    end
  endtask

  task draw_load;
    reg [2:0] memory;
    begin
      case ({$random(seed)} % 3)
        0: memory = MemUop;
        1: memory = MemAcc;
        default: memory = MemAcc8;
      endcase
      rows = {$random(seed)} % 3;
      columns = {$random(seed)} % 6;
      stride = columns + {$random(seed)} % 3;
      pad = memory != MemUop && ($random(seed) & 1) ? 1 : 0;
      sram = {$random(seed)} % 4;
      dram = memory == MemUop ? {$random(seed)} % 40 : 'h100 + {$random(seed)} % 40;
      insn[InsnOpLsb +: InsnOpW] = OpLoad;
      insn[LoadMemTypeLsb +: LoadMemTypeW] = memory;
      insn[LoadSramBaseLsb +: LoadSramBaseW] = sram;
      insn[LoadDramBaseLsb +: LoadDramBaseW] = dram;
      insn[LoadYSizeLsb +: LoadYSizeW] = rows;
      insn[LoadXSizeLsb +: LoadXSizeW] = columns;
      insn[LoadXStrideLsb +: LoadXStrideW] = stride;
      insn[LoadYPad0Lsb +: LoadYPad0W] = pad;
      insn[LoadXPad0Lsb +: LoadXPad0W] = pad;
      for (i = 0; i < (rows + pad) * (columns + pad) && rows != 0 && columns != 0; i = i + 1) begin
        place = dram + (i / (columns + pad) - pad) * stride + i % (columns + pad) - pad;
        if (memory == MemUop) begin
          uops[sram + i] = uop_memory[place];
        end else begin
          for (l = 0; l < Lanes; l = l + 1) begin
            if (i / (columns + pad) < pad || i % (columns + pad) < pad) value[32 * l +: 32] = acc_pad;
            else if (memory == MemAcc8) value[32 * l +: 32] = 32'($signed(byte_at('h20000 + place * 4 + l)));
            else for (b = 0; b < 4; b = b + 1) value[32 * l + 8 * b +: 8] = byte_at('h20000 + place * 16 + 4 * l + b);
          end
          alter(sram + i, value, 1'b1);
        end
      end
    end
  endtask

  task draw_config;
    reg [31:0] state_value;
    begin
      state_value = $random(seed);
      insn[InsnOpLsb +: InsnOpW] = OpConfig;
      insn[ConfigValueLsb +: ConfigValueW] = state_value;
      if ($random(seed) & 1) begin
        insn[ConfigStateLsb +: ConfigStateW] = StateAccPad;
        acc_pad = state_value;
      end else begin
        insn[ConfigStateLsb +: ConfigStateW] = StateAluImmediate;
        immediate = state_value;
      end
    end
  endtask

  task offer;  // insn is the next command
    begin
      pushes[begun] = {insn[InsnPushNextLsb], insn[InsnPushPrevLsb]};
      command = {1'b1, 32'(begun), insn};
      command_valid = 1;
    end
  endtask

  task draw;
    begin
      insn = 128'd0;
      case ({$random(seed)} % 10)
        0, 1: draw_mac(1'b1);
        2, 3: draw_mac(1'b0);
        4, 5: draw_alu(1'b0);
        6: draw_alu(1'b1);
        7: draw_requantize;
        8: draw_load;
        default: draw_config;
      endcase
      {insn[InsnPopPrevLsb], insn[InsnPopNextLsb], insn[InsnPushPrevLsb], insn[InsnPushNextLsb]} = $random(seed) & $random(seed);
      offer;
    end
  endtask

  task cycle;
    begin
      token_available = $random(seed);
      token_space = $random(seed);
      others_idle = $random(seed);
      offer_beat;
      #1;
      took_command = command_valid && command_ready;
      take_burst;
      check(token_pop === (took_command ? {insn[InsnPopNextLsb], insn[InsnPopPrevLsb]} : 2'd0) && (token_pop & ~token_available) == 0, 1);
      check(token_reserve === (took_command ? pushes[begun] : 2'd0) && (token_reserve & ~token_space) == 0, 2);
      if (gemm_step || depthwise_step) steps = steps + 1;
      if (retire) begin
        check(retire_number === 32'(retired) && token_push === pushes[retired], 3);
        retired = retired + 1;
      end else begin
        check(token_push === 2'd0, 4);
      end
      if (finish) finished = finished + 1;
      @(negedge clk);
      if (took_command) begin
        command_valid = 0;
        begun = begun + 1;
      end
      beat_taken;
    end
  endtask

  task run_out;
    for (patience = 0; (command_valid || retired < begun) && patience < 5000; patience = patience + 1) cycle;
  endtask

  // What STORE would see.
  task check_outs(input integer at);
    for (o = 0; o < AccDepth; o = o + 1) begin
      store_en = 1;
      store_index = o;
      @(negedge clk);
      store_en = 0;
      check(store_data[31:0] === outs[o], at);
    end
  endtask

  // The whole of the accumulators, byte by byte through `out`: micro-op 63 is all zeros.
  task check_accumulators;
    for (b = 0; b < 4; b = b + 1) begin
      insn = 128'd0;
      operation = b == 0 ? 7'(AluOpAdd) : 7'(AluOpShr);
      {uop_bgn, uop_end, iter_out, iter_in, dst_out, dst_in, src_out, src_in} = {32'd63, 32'd64, 32'd1, 32'd32, 32'd0, 32'd1, 32'd0, 32'd1};
      use_imm = 1;
      imm = b == 0 ? 0 : 8;
      insn[InsnOpLsb +: InsnOpW] = OpAlu;
      insn[AluOpcodeLsb +: AluOpcodeW] = operation;
      insn[AluUseImmLsb] = 1'b1;
      insn[AluImmLsb +: AluImmW] = imm;
      insn[AluUopBgnLsb +: AluUopBgnW] = 63;
      insn[AluUopEndLsb +: AluUopEndW] = 64;
      insn[AluIterOutLsb +: AluIterOutW] = 1;
      insn[AluIterInLsb +: AluIterInW] = 32;
      insn[AluDstInLsb +: AluDstInW] = 1;
      insn[AluSrcInLsb +: AluSrcInW] = 1;
      run_alu(1'b0);
      offer;
      run_out;
      check_outs(5);
    end
  endtask

  // All micro-ops, and all accumulators.
  task fill;
    begin
      insn = 128'd0;
      insn[InsnOpLsb +: InsnOpW] = OpLoad;
      insn[LoadMemTypeLsb +: LoadMemTypeW] = MemUop;
      insn[LoadYSizeLsb +: LoadYSizeW] = 1;
      insn[LoadXSizeLsb +: LoadXSizeW] = UopDepth;
      for (i = 0; i < UopDepth; i = i + 1) uops[i] = uop_memory[i];
      offer;
      run_out;
      insn[LoadMemTypeLsb +: LoadMemTypeW] = MemAcc;
      insn[LoadXSizeLsb +: LoadXSizeW] = AccDepth;
      for (i = 0; i < AccDepth; i = i + 1) begin
        for (j = 0; j < 16; j = j + 1) value[8 * j +: 8] = byte_at('h20000 + 16 * i + j);
        alter(i, value, 1'b1);
      end
      offer;
      run_out;
    end
  endtask

  task restart;
    begin
      rst_n = 0;
      command_valid = 0;
      {begun, retired} = 0;
      repeat (3) @(negedge clk);
      rst_n = 1;
      check(failed === 1'b0 && idle === 1'b1, 6);
    end
  endtask

  initial begin
    for (i = 0; i < UopDepth; i = i + 1) begin
      uop_memory[i] = 0;
      uop_memory[i][UopDstLsb +: UopDstW] = i == 63 ? 0 : {$random(seed)} % 16;
      uop_memory[i][UopSrcLsb +: UopSrcW] = i == 63 ? 0 : {$random(seed)} % 16;
      uop_memory[i][UopWgtLsb +: UopWgtW] = i == 63 ? 0 : {$random(seed)} % 10;
    end
    for (i = 0; i < InpDepth; i = i + 1) inps[i] = $random(seed);
    for (i = 0; i < WgtDepth; i = i + 1) wgts[i] = {$random(seed), $random(seed), $random(seed), $random(seed)};
    for (i = 0; i < PrmDepth; i = i + 1) draw_parameters(seed, prms[i]);
    {command_valid, burst_ready, beat_valid, store_en, token_available, token_space, others_idle} = 0;
    command = 0;
    store_index = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    fill;
    while (begun < Commands && patience < 400000) begin
      patience = patience + 1;
      if (!command_valid && ($random(seed) & 7) != 0) draw;
      cycle;
      if (begun % 100 == 99 && !command_valid) begin
        run_out;
        check_outs(7);
      end
    end
    run_out;
    check(retired == begun && steps == expected_steps && steps > 2500 && failed === 1'b0 && finished == 0, 8);
    check_outs(9);
    check_accumulators;
    insn = 128'(OpFinish);
    offer;
    for (patience = 0; finished == 0 && patience < 1000; patience = patience + 1) cycle;
    check(finished == 1 && failed === 1'b0, 10);

    // Micro-ops beyond their buffer, then an accumulator beyond its own: nothing is done, and the instruction is named.
    restart;
    insn = 128'd0;
    insn[InsnOpLsb +: InsnOpW] = OpGemm;
    insn[GemmUopBgnLsb +: GemmUopBgnW] = 60;
    insn[GemmUopEndLsb +: GemmUopEndW] = UopDepth + 1;
    insn[GemmIterOutLsb +: GemmIterOutW] = 1;
    insn[GemmIterInLsb +: GemmIterInW] = 1;
    offer;
    repeat (100) cycle;
    check(failed === 1'b1 && failed_code === 4'(ErrorBounds) && number === 32'd0 && retired == 0, 11);
    restart;
    insn = 128'd0;
    insn[InsnOpLsb +: InsnOpW] = OpConfig;
    insn[ConfigStateLsb +: ConfigStateW] = StateAccPad;
    offer;
    run_out;
    insn = 128'd0;
    insn[InsnOpLsb +: InsnOpW] = OpGemm;
    insn[GemmUopBgnLsb +: GemmUopBgnW] = 63;
    insn[GemmUopEndLsb +: GemmUopEndW] = 64;
    insn[GemmIterOutLsb +: GemmIterOutW] = 3;
    insn[GemmIterInLsb +: GemmIterInW] = 1;
    insn[GemmDstOutLsb +: GemmDstOutW] = 16;
    offer;
    repeat (100) cycle;
    check(failed === 1'b1 && failed_code === 4'(ErrorBounds) && number === 32'd1 && retired == 1, 12);
    finish_bench;
  end
endmodule
