// insn_check (with insn_router in it), insn_router, block_decoder and loop_decoder on instructions whose fields are random: every field comes
// out as it was put in, and every kind of fault is told, one at a time and in its order of precedence.
module decoders_bench;
  `include "bench.svh"
  `include "registers.svh"
  localparam int Batch = 1;
  localparam int BlockIn = 16;
  localparam int BlockOut = 16;
  localparam int UopDepth = 8192;
  localparam int InpDepth = 2048;
  localparam int WgtDepth = 1024;
  localparam int AccDepth = 2048;
  localparam int PrmDepth = 64;
  `include "isa.svh"

  reg  [InsnBits-1:0]   insn;
  logic                 take, last, to_load, to_store, legal, check_load, check_store;
  logic [InsnBits-1:0]  checked;
  logic [3:0]           fault, flags, y_pad_0, y_pad_1, x_pad_0, x_pad_1;
  logic                 is_load, is_uop, is_wgt, is_inp, is_acc, is_acc8, is_prm, empty;
  logic [23:0]          sram_base;
  logic [31:0]          dram_base;
  logic [15:0]          y_size, x_size, x_stride, imm;
  insn_check u_check (
    .clk_i(clk), .take_i(take), .insn_i(insn), .last_i(last), .insn_o(checked), .to_load_o(check_load), .to_store_o(check_store),
    .fault_o(fault)
  );
  insn_router u_router (.insn_i(insn), .to_load_o(to_load), .to_store_o(to_store), .legal_o(legal));
  block_decoder u_block (
    .insn_i(insn), .flags_o(flags), .load_o(is_load), .uop_o(is_uop), .wgt_o(is_wgt), .inp_o(is_inp), .acc_o(is_acc), .acc8_o(is_acc8),
    .prm_o(is_prm), .empty_o(empty), .sram_base_o(sram_base), .dram_base_o(dram_base), .y_size_o(y_size), .x_size_o(x_size),
    .x_stride_o(x_stride), .y_pad_0_o(y_pad_0), .y_pad_1_o(y_pad_1), .x_pad_0_o(x_pad_0), .x_pad_1_o(x_pad_1)
  );
  logic                 is_loop, is_alu, is_mac, depthwise, reset, overwrite, extended, use_imm;
  logic [6:0]           operation;
  logic [UopIndexW-1:0] uop_bgn;
  logic [UopIndexW:0]   uop_end;
  logic [13:0]          iter_out, iter_in;
  logic [19:0]          dst_out, dst_in, src_out, src_in, wgt_out, wgt_in;
  loop_decoder u_loop (
    .insn_i(insn), .loop_o(is_loop), .alu_o(is_alu), .mac_o(is_mac), .depthwise_o(depthwise), .reset_o(reset), .overwrite_o(overwrite),
    .extended_o(extended), .use_imm_o(use_imm), .operation_o(operation), .imm_o(imm), .uop_bgn_o(uop_bgn), .uop_end_o(uop_end),
    .iter_out_o(iter_out), .iter_in_o(iter_in), .dst_out_o(dst_out), .dst_in_o(dst_in), .src_out_o(src_out), .src_in_o(src_in),
    .wgt_out_o(wgt_out), .wgt_in_o(wgt_in)
  );

  integer i, seed = 17, faults = 0;
  reg [31:0] word;

  // insn with `width` bits from `lsb` on set to a value.
  task put(input integer lsb, input integer width, input [31:0] value);
    integer bit_number;
    for (bit_number = 0; bit_number < width; bit_number = bit_number + 1) insn[lsb + bit_number] = value[bit_number];
  endtask

  // What insn_check says of insn, one cycle later.
  task expect_fault(input integer code, input integer place);
    begin
      take = 1;
      @(negedge clk);
      take = 0;
      check(fault === 4'(code) && checked === insn, place);
      check({check_load, check_store} === (code == ErrorEncoding ? 2'b00 : {to_load, to_store}), place);
      check(legal === (code != ErrorEncoding), place);
      faults = faults + 1;
    end
  endtask

  // A LOAD of `memory` with random place and size, within the buffer.
  task make_load(input [2:0] memory);
    begin
      insn = 0;
      put(InsnOpLsb, InsnOpW, OpLoad);
      put(LoadMemTypeLsb, LoadMemTypeW, memory);
      put(LoadSramBaseLsb, LoadSramBaseW, {$random(seed)} % 30);
      put(LoadDramBaseLsb, LoadDramBaseW, $random(seed));
      put(LoadYSizeLsb, LoadYSizeW, 1 + {$random(seed)} % 3);
      put(LoadXSizeLsb, LoadXSizeW, 1 + {$random(seed)} % 5);
      put(LoadXStrideLsb, LoadXStrideW, $random(seed));
      put(LoadYPad0Lsb, LoadYPad0W, {$random(seed)} % 2);
      put(LoadYPad1Lsb, LoadYPad1W, {$random(seed)} % 2);
      put(LoadXPad0Lsb, LoadXPad0W, {$random(seed)} % 2);
      put(LoadXPad1Lsb, LoadXPad1W, {$random(seed)} % 2);
      put(InsnPopNextLsb, 1, $random(seed));
      put(InsnPushNextLsb, 1, $random(seed));
    end
  endtask

  initial begin
    take = 0;
    last = 0;
    @(negedge clk);
    for (i = 0; i < 500; i = i + 1) begin
      make_load(i % 2 ? MemInp : i % 4 ? MemWgt : MemPrm);
      #1;
      check(is_load && {is_uop, is_acc, is_acc8} === 3'b000 && to_load && !to_store && legal, 1);
      check(is_inp === (i % 2 == 1) && is_prm === (i % 4 == 0), 2);
      check({flags[3], flags[1]} === {insn[InsnPushNextLsb], insn[InsnPopNextLsb]} && {flags[2], flags[0]} === 2'b00, 3);
      check(sram_base < 30 && dram_base === insn[LoadDramBaseLsb +: LoadDramBaseW] && x_stride === insn[LoadXStrideLsb +: LoadXStrideW], 4);
      check(y_size === insn[LoadYSizeLsb +: 16] && x_size === insn[LoadXSizeLsb +: 16] && !empty, 5);
      check({y_pad_0, y_pad_1, x_pad_0, x_pad_1} === {insn[LoadYPad0Lsb +: 4], insn[LoadYPad1Lsb +: 4], insn[LoadXPad0Lsb +: 4],
                                                      insn[LoadXPad1Lsb +: 4]}, 6);
      expect_fault(ErrorNone, 7);
      // One element too far, to the end exactly, and where nothing moves.
      word = (y_size + y_pad_0 + y_pad_1) * (x_size + x_pad_0 + x_pad_1);
      put(LoadSramBaseLsb, LoadSramBaseW, (is_inp ? InpDepth : is_wgt ? WgtDepth : PrmDepth) - word + 1);
      expect_fault(ErrorBounds, 8);
      put(LoadSramBaseLsb, LoadSramBaseW, (is_inp ? InpDepth : is_wgt ? WgtDepth : PrmDepth) - word);
      expect_fault(ErrorNone, 9);
      put(LoadSramBaseLsb, LoadSramBaseW, 32'hffff);
      put(i % 2 ? LoadXSizeLsb : LoadYSizeLsb, 16, 0);
      #1;
      check(empty, 10);
      expect_fault(ErrorNone, 11);
      // Tokens of a neighbour that load does not have come before what else is wrong.
      put(i % 2 ? InsnPopPrevLsb : InsnPushPrevLsb, 1, 1);
      last = i % 3 == 0;
      expect_fault(ErrorEncoding, 12);
      put(i % 2 ? InsnPopPrevLsb : InsnPushPrevLsb, 1, 0);
      expect_fault(last ? ErrorNoFinish : ErrorNone, 13);
      last = 0;
    end

    // Loops: fields at random, in the layout of each instruction.
    for (i = 0; i < 500; i = i + 1) begin
      insn = 0;
      put(InsnOpLsb, InsnOpW, i % 2 ? OpGemm : OpAlu);
      if (i % 2) begin
        put(GemmUopBgnLsb, GemmUopBgnW, i);
        put(GemmUopEndLsb, GemmUopEndW, i + 1);
        put(GemmIterOutLsb, GemmIterOutW, i + 2);
        put(GemmIterInLsb, GemmIterInW, i + 3);
        put(GemmDstOutLsb, GemmDstOutW, i + 4);
        put(GemmDstInLsb, GemmDstInW, i + 5);
        put(GemmSrcOutLsb, GemmSrcOutW, i + 6);
        put(GemmSrcInLsb, GemmSrcInW, i + 7);
        put(GemmWgtOutLsb, GemmWgtOutW, i + 8);
        put(GemmWgtInLsb, GemmWgtInW, i + 9);
      end else begin
        put(AluUopBgnLsb, AluUopBgnW, i);
        put(AluUopEndLsb, AluUopEndW, i + 1);
        put(AluIterOutLsb, AluIterOutW, i + 2);
        put(AluIterInLsb, AluIterInW, i + 3);
        put(AluDstOutLsb, AluDstOutW, i + 4);
        put(AluDstInLsb, AluDstInW, i + 5);
        put(AluSrcOutLsb, AluSrcOutW, i + 6);
        put(AluSrcInLsb, AluSrcInW, i + 7);
        put(AluImmLsb, AluImmW, i + 8);
        put(AluUseImmLsb, 1, i / 2);
      end
      #1;
      check(is_loop && is_alu === (i % 2 == 0) && !is_mac && !depthwise && !reset && !extended && !to_load && !to_store, 14);
      check(uop_bgn === UopIndexW'(i) && 32'(uop_end) === i + 1 && 32'(iter_out) === i + 2 && 32'(iter_in) === i + 3, 15);
      check(32'(dst_out) === i + 4 && 32'(dst_in) === i + 5 && 32'(src_out) === i + 6 && 32'(src_in) === i + 7, 16);
      if (i % 2) check(32'(wgt_out) === i + 8 && 32'(wgt_in) === i + 9, 17);
      else check(32'(imm) === i + 8 && use_imm === insn[AluUseImmLsb], 18);
      expect_fault(ErrorNone, 19);
    end

    // Encodings: memories, engines, operations, bits that nothing uses; FINISH in its place.
    for (i = 0; i < 8; i = i + 1) begin
      make_load(i[2:0]);
      put(LoadSramBaseLsb, LoadSramBaseW, 0);
      put(InsnOpLsb, InsnOpW, OpStore);
      put(InsnPopNextLsb, 1, 0);
      put(InsnPushNextLsb, 1, 0);
      put(LoadYPad0Lsb, LoadYPad0W, 0);
      put(LoadYPad1Lsb, LoadYPad1W, 0);
      put(LoadXPad0Lsb, LoadXPad0W, 0);
      put(LoadXPad1Lsb, LoadXPad1W, 0);
      expect_fault(StoreMemTypeLegal[i] ? ErrorNone : ErrorEncoding, 20);
      put(InsnPushNextLsb, 1, 1);
      expect_fault(ErrorEncoding, 21);
      insn = 0;
      put(InsnOpLsb, InsnOpW, OpAlu);
      put(AluOpcodeLsb, AluOpcodeW, i);
      expect_fault(AluOpLegal[i] ? ErrorNone : ErrorEncoding, 22);
    end
    insn = 0;
    put(InsnOpLsb, InsnOpW, OpFinish);
    expect_fault(ErrorOrder, 23);
    last = 1;
    expect_fault(ErrorNone, 24);
    insn[InsnBits-1] = 1'b1;
    expect_fault(ErrorEncoding, 25);
    insn = 0;
    put(InsnOpLsb, InsnOpW, OpGemm);
    put(GemmResetLsb, 1, 1);
    put(GemmOverwriteLsb, 1, 1);
    expect_fault(ErrorEncoding, 26);
    check(faults > 3000, 27);
    finish_bench;
  end
endmodule
