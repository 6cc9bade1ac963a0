// Says which engine executes an instruction, and whether its encoding is legal: a known opcode, memory, operation and state, units that
// this hardware has, zero in all unused bits, token flags only towards neighbours that the engine has. Combinational.
module insn_router #(
  parameter int Batch = 1,
  parameter int BlockIn = 16,
  parameter int BlockOut = 16,
  parameter int UopDepth = 8192,
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int RequantLanes = 16,
  parameter int DepthwiseWidth = 1,
  parameter int ExtendedAlu = 1,
  parameter int InsnWidth = 128
) (
  input  logic [InsnWidth-1:0] insn_i,
  output logic                 to_load_o,  // else:
  output logic                 to_store_o, // else to compute
  output logic                 legal_o
);
  `include "isa.svh"

  logic [2:0] mem_type;
  logic [6:0] state;
  logic       extended, config_to_load;
  assign mem_type = insn_i[LoadMemTypeLsb +: LoadMemTypeW];
  assign state = insn_i[ConfigStateLsb +: ConfigStateW];
  assign extended = insn_i[ConfigExtensionLsb] == AluExtendedExtensionCode;
  assign config_to_load = !extended && !state[6];

  logic [InsnBits-1:0] used;
  logic                known;
  always_comb begin
    to_load_o = 1'b0;
    to_store_o = 1'b0;
    case (insn_i[InsnOpLsb +: InsnOpW])
      OpLoad: begin
        used = LoadUsedMask;
        known = LoadMemTypeLegal[mem_type] && (mem_type != MemPrm || RequantLanes > 0);
        to_load_o = MemLoadedByLoad[mem_type];
      end
      OpStore: begin
        used = StoreUsedMask;
        known = StoreMemTypeLegal[insn_i[StoreMemTypeLsb +: StoreMemTypeW]];
        to_store_o = 1'b1;
      end
      OpGemm: begin
        used = GemmUsedMask;
        known = !(insn_i[GemmResetLsb] && insn_i[GemmOverwriteLsb]);
      end
      OpFinish: begin
        used = FinishUsedMask;
        known = 1'b1;
      end
      OpAlu: begin
        used = AluUsedMask;
        known = AluOpLegal[insn_i[AluOpcodeLsb +: AluOpcodeW]];
      end
      OpMac: begin
        used = MacUsedMask;
        known = DepthwiseWidth > 0 || !insn_i[MacDepthwiseLsb];
      end
      OpRequantize: begin
        used = RequantizeUsedMask;
        known = RequantLanes > 0;
      end
      default: begin
        used = extended ? AluExtendedUsedMask : ConfigUsedMask;
        known = ExtendedAlu > 0 && (extended ? AluExtendedOpLegal[insn_i[AluExtendedOperationLsb +: AluExtendedOperationW]] : StateLegal[state]);
        to_load_o = config_to_load;
      end
    endcase
  end

  logic flags;
  assign flags = !(to_load_o && (insn_i[InsnPopPrevLsb] || insn_i[InsnPushPrevLsb])) &&
                 !(to_store_o && (insn_i[InsnPopNextLsb] || insn_i[InsnPushNextLsb]));
  assign legal_o = known && (insn_i & ~used) == '0 && flags;

  initial begin
    if (InsnWidth != InsnBits) $fatal(1, "InsnWidth is not the encoding's width");
  end

`ifdef VERILATOR
  OneEngine: assert final (!(to_load_o && to_store_o));
`endif
endmodule
