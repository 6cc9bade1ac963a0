// The AXI4-Lite slave with the registers of registers.svh. One access at a time; a read takes two cycles, a write one.
module control #(
  parameter int AddrBits = 48,
  parameter int CounterBits = 48
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  input  logic                   awvalid_i,
  output logic                   awready_o,
  input  logic [7:0]             awaddr_i,
  input  logic                   wvalid_i,
  output logic                   wready_o,
  input  logic [31:0]            wdata_i,
  output logic                   bvalid_o,
  input  logic                   bready_i,
  output logic [1:0]             bresp_o,
  input  logic                   arvalid_i,
  output logic                   arready_o,
  input  logic [7:0]             araddr_i,
  output logic                   rvalid_o,
  input  logic                   rready_i,
  output logic [31:0]            rdata_o,
  output logic [1:0]             rresp_o,

  output logic                   start_o,  // one cycle
  output logic [31:0]            insn_count_o,
  output logic [AddrBits-1:0]    insn_addr_o,
  output logic [AddrBits-1:0]    uop_base_o,
  output logic [AddrBits-1:0]    inp_base_o,
  output logic [AddrBits-1:0]    wgt_base_o,
  output logic [AddrBits-1:0]    acc_base_o,
  output logic [AddrBits-1:0]    out_base_o,
  input  logic                   busy_i,
  input  logic                   done_i,
  input  logic [3:0]             error_code_i,
  input  logic [31:0]            error_insn_i,
  input  logic [63:0]            cycles_i,
  output logic                   counter_read_o,
  output logic [7:0]             counter_select_o,
  input  logic [CounterBits-1:0] counter_i
);
  `include "registers.svh"

  logic        bvalid_q, start_q, read_q, rvalid_q;
  logic [7:0]  araddr_q, select_q;
  logic [31:0] insn_count_q, rdata_q;
  logic [63:0] insn_addr_q, uop_base_q, inp_base_q, wgt_base_q, acc_base_q, out_base_q;
  logic        write;
  assign write = awvalid_i && wvalid_i && !bvalid_q;
  assign awready_o = write;
  assign wready_o = write;
  assign bvalid_o = bvalid_q;
  assign bresp_o = 2'b00;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bvalid_q <= 1'b0;
      start_q <= 1'b0;
      select_q <= '0;
      insn_count_q <= '0;
      insn_addr_q <= '0;
      uop_base_q <= '0;
      inp_base_q <= '0;
      wgt_base_q <= '0;
      acc_base_q <= '0;
      out_base_q <= '0;
    end else begin
      if (write) bvalid_q <= 1'b1;
      else if (bready_i) bvalid_q <= 1'b0;
      start_q <= write && 32'(awaddr_i) == RegControl && wdata_i[0] && !busy_i && !start_q;
      if (write) begin
        case (32'(awaddr_i))
          RegInsnCount: insn_count_q <= wdata_i;
          RegCounterSelect: if (wdata_i < CounterCount) select_q <= wdata_i[7:0];
          RegInsnAddr: insn_addr_q[31:0] <= wdata_i;
          RegInsnAddr + 4: insn_addr_q[63:32] <= wdata_i;
          RegUopBase: uop_base_q[31:0] <= wdata_i;
          RegUopBase + 4: uop_base_q[63:32] <= wdata_i;
          RegInpBase: inp_base_q[31:0] <= wdata_i;
          RegInpBase + 4: inp_base_q[63:32] <= wdata_i;
          RegWgtBase: wgt_base_q[31:0] <= wdata_i;
          RegWgtBase + 4: wgt_base_q[63:32] <= wdata_i;
          RegAccBase: acc_base_q[31:0] <= wdata_i;
          RegAccBase + 4: acc_base_q[63:32] <= wdata_i;
          RegOutBase: out_base_q[31:0] <= wdata_i;
          RegOutBase + 4: out_base_q[63:32] <= wdata_i;
          default: ;
        endcase
      end
    end
  end

  // A read: the counter is fetched first, then the register is chosen.
  assign arready_o = !read_q && !rvalid_q;
  assign counter_read_o = arvalid_i && arready_o;
  assign counter_select_o = select_q;
  assign rvalid_o = rvalid_q;
  assign rdata_o = rdata_q;
  assign rresp_o = 2'b00;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_q <= 1'b0;
      rvalid_q <= 1'b0;
    end else begin
      read_q <= arvalid_i && arready_o;
      if (read_q) rvalid_q <= 1'b1;
      else if (rready_i) rvalid_q <= 1'b0;
    end
    if (arvalid_i && arready_o) araddr_q <= araddr_i;
    if (read_q) begin
      case (32'(araddr_q))
        RegStatus: rdata_q <= {29'd0, error_code_i != '0, busy_i, done_i};
        RegInsnCount: rdata_q <= insn_count_q;
        RegErrorCode: rdata_q <= 32'(error_code_i);
        RegErrorInsn: rdata_q <= error_insn_i;
        RegCounterSelect: rdata_q <= 32'(select_q);
        RegInsnAddr: rdata_q <= insn_addr_q[31:0];
        RegInsnAddr + 4: rdata_q <= insn_addr_q[63:32];
        RegUopBase: rdata_q <= uop_base_q[31:0];
        RegUopBase + 4: rdata_q <= uop_base_q[63:32];
        RegInpBase: rdata_q <= inp_base_q[31:0];
        RegInpBase + 4: rdata_q <= inp_base_q[63:32];
        RegWgtBase: rdata_q <= wgt_base_q[31:0];
        RegWgtBase + 4: rdata_q <= wgt_base_q[63:32];
        RegAccBase: rdata_q <= acc_base_q[31:0];
        RegAccBase + 4: rdata_q <= acc_base_q[63:32];
        RegOutBase: rdata_q <= out_base_q[31:0];
        RegOutBase + 4: rdata_q <= out_base_q[63:32];
        RegCycles: rdata_q <= cycles_i[31:0];
        RegCycles + 4: rdata_q <= cycles_i[63:32];
        RegCounter: rdata_q <= counter_i[31:0];
        RegCounter + 4: rdata_q <= 32'(counter_i[CounterBits-1:32]);
        default: rdata_q <= '0;
      endcase
    end
  end

  assign start_o = start_q;
  assign insn_count_o = insn_count_q;
  assign insn_addr_o = insn_addr_q[AddrBits-1:0];
  assign uop_base_o = uop_base_q[AddrBits-1:0];
  assign inp_base_o = inp_base_q[AddrBits-1:0];
  assign wgt_base_o = wgt_base_q[AddrBits-1:0];
  assign acc_base_o = acc_base_q[AddrBits-1:0];
  assign out_base_o = out_base_q[AddrBits-1:0];

`ifdef VERILATOR
  ResponseHeldUntilTaken: assert property (@(posedge clk_i) disable iff (!rst_ni) (rvalid_o && !rready_i) |=> rvalid_o);
  StartOnlyWhenIdle: assert property (@(posedge clk_i) disable iff (!rst_ni) start_o |-> !busy_i);
`endif
endmodule
