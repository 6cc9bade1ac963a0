// The fields of GEMM, MAC, ALU and ALU_EXTENDED, which loop over micro-ops. Combinational.
module loop_decoder #(
  parameter int Batch = 1,
  parameter int BlockIn = 16,
  parameter int BlockOut = 16,
  parameter int UopDepth = 8192,
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int InsnWidth = 128,
  parameter int UopIndexBits = 13,
  parameter int FactorBits = 20
) (
  input  logic [InsnWidth-1:0]    insn_i,
  output logic                    loop_o,       // it is one of them
  output logic                    alu_o,        // ALU or ALU_EXTENDED
  output logic                    mac_o,        // leaves `out` alone
  output logic                    depthwise_o,
  output logic                    reset_o,
  output logic                    overwrite_o,
  output logic                    extended_o,
  output logic                    use_imm_o,
  output logic [6:0]              operation_o,
  output logic [15:0]             imm_o,        // of ALU
  output logic [UopIndexBits-1:0] uop_bgn_o,
  output logic [UopIndexBits:0]   uop_end_o,
  output logic [13:0]             iter_out_o,
  output logic [13:0]             iter_in_o,
  output logic [FactorBits-1:0]   dst_out_o,
  output logic [FactorBits-1:0]   dst_in_o,
  output logic [FactorBits-1:0]   src_out_o,
  output logic [FactorBits-1:0]   src_in_o,
  output logic [FactorBits-1:0]   wgt_out_o,
  output logic [FactorBits-1:0]   wgt_in_o
);
  `include "isa.svh"

  logic [2:0] op;
  logic       plain_alu;
  assign op = insn_i[InsnOpLsb +: InsnOpW];
  assign plain_alu = op == OpAlu;
  assign extended_o = op == OpAluExtended && insn_i[AluExtendedExtensionLsb] == AluExtendedExtensionCode;
  assign alu_o = plain_alu || extended_o;
  assign mac_o = op == OpMac;
  assign loop_o = alu_o || mac_o || op == OpGemm;
  assign depthwise_o = mac_o && insn_i[MacDepthwiseLsb];
  assign reset_o = op == OpGemm && insn_i[GemmResetLsb];
  assign overwrite_o = insn_i[GemmOverwriteLsb];
  assign use_imm_o = plain_alu ? insn_i[AluUseImmLsb] : insn_i[AluExtendedUseImmLsb];
  assign operation_o = plain_alu ? 7'(insn_i[AluOpcodeLsb +: AluOpcodeW]) : insn_i[AluExtendedOperationLsb +: AluExtendedOperationW];
  assign imm_o = insn_i[AluImmLsb +: AluImmW];
  assign wgt_out_o = FactorBits'(insn_i[GemmWgtOutLsb +: GemmWgtOutW]);
  assign wgt_in_o = FactorBits'(insn_i[GemmWgtInLsb +: GemmWgtInW]);
  always_comb begin
    if (extended_o) begin
      uop_bgn_o = insn_i[AluExtendedUopBgnLsb +: AluExtendedUopBgnW];
      uop_end_o = insn_i[AluExtendedUopEndLsb +: AluExtendedUopEndW];
      iter_out_o = insn_i[AluExtendedIterOutLsb +: AluExtendedIterOutW];
      iter_in_o = insn_i[AluExtendedIterInLsb +: AluExtendedIterInW];
      dst_out_o = FactorBits'(insn_i[AluExtendedDstOutLsb +: AluExtendedDstOutW]);
      dst_in_o = FactorBits'(insn_i[AluExtendedDstInLsb +: AluExtendedDstInW]);
      src_out_o = FactorBits'(insn_i[AluExtendedSrcOutLsb +: AluExtendedSrcOutW]);
      src_in_o = FactorBits'(insn_i[AluExtendedSrcInLsb +: AluExtendedSrcInW]);
    end else if (plain_alu) begin
      uop_bgn_o = insn_i[AluUopBgnLsb +: AluUopBgnW];
      uop_end_o = insn_i[AluUopEndLsb +: AluUopEndW];
      iter_out_o = insn_i[AluIterOutLsb +: AluIterOutW];
      iter_in_o = insn_i[AluIterInLsb +: AluIterInW];
      dst_out_o = FactorBits'(insn_i[AluDstOutLsb +: AluDstOutW]);
      dst_in_o = FactorBits'(insn_i[AluDstInLsb +: AluDstInW]);
      src_out_o = FactorBits'(insn_i[AluSrcOutLsb +: AluSrcOutW]);
      src_in_o = FactorBits'(insn_i[AluSrcInLsb +: AluSrcInW]);
    end else begin
      uop_bgn_o = insn_i[GemmUopBgnLsb +: GemmUopBgnW];
      uop_end_o = insn_i[GemmUopEndLsb +: GemmUopEndW];
      iter_out_o = insn_i[GemmIterOutLsb +: GemmIterOutW];
      iter_in_o = insn_i[GemmIterInLsb +: GemmIterInW];
      dst_out_o = FactorBits'(insn_i[GemmDstOutLsb +: GemmDstOutW]);
      dst_in_o = FactorBits'(insn_i[GemmDstInLsb +: GemmDstInW]);
      src_out_o = FactorBits'(insn_i[GemmSrcOutLsb +: GemmSrcOutW]);
      src_in_o = FactorBits'(insn_i[GemmSrcInLsb +: GemmSrcInW]);
    end
  end

  // Fields of other instructions lie in the same bits.
  logic unused;
  assign unused = &{1'b0, insn_i};

  initial begin
    if (MacDepthwiseLsb != GemmResetLsb || MacUopBgnLsb != GemmUopBgnLsb || MacIterInLsb != GemmIterInLsb ||
        MacOverwriteLsb != GemmOverwriteLsb || MacDstOutLsb != GemmDstOutLsb || MacWgtInLsb != GemmWgtInLsb) begin
      $fatal(1, "GEMM and MAC differ in their layout");
    end
  end
endmodule
