// The AXI4-Lite slave with the registers of registers.svh. One access at a time; a read takes two cycles, a write one. What a run uses
// (the program's place and the bases) cannot be written while one is under way.
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

  output logic                   start_o,       // one cycle
  output logic                   soft_reset_o,  // one cycle
  output logic [31:0]            insn_count_o,
  output logic [AddrBits-1:0]    insn_addr_o,
  output logic [AddrBits-1:0]    uop_base_o,
  output logic [AddrBits-1:0]    inp_base_o,
  output logic [AddrBits-1:0]    wgt_base_o,
  output logic [AddrBits-1:0]    acc_base_o,
  output logic [AddrBits-1:0]    out_base_o,
  output logic [AddrBits-1:0]    prm_base_o,
  output logic                   misaligned_o,  // one of these addresses is not a multiple of 64
  output logic [31:0]            watchdog_o,
  input  logic                   busy_i,
  input  logic                   owes_i,        // the bus owes answers
  input  logic                   done_i,
  input  logic                   ended_i,       // one cycle: a run ends
  input  logic [3:0]             error_code_i,
  input  logic [31:0]            error_insn_i,
  input  logic [63:0]            cycles_i,
  output logic                   counter_read_o,
  output logic [7:0]             counter_select_o,
  input  logic [CounterBits-1:0] counter_i,
  output logic                   awake_o,       // registers may change with the next edge, beside by awvalid_i and arvalid_i
  output logic                   irq_o
);
  `include "registers.svh"

  // The 64-bit registers by number, from RegInsnAddr on; the last one stands apart in the map.
  localparam int InsnAddr = 0;
  localparam int UopBase = 1;
  localparam int InpBase = 2;
  localparam int WgtBase = 3;
  localparam int AccBase = 4;
  localparam int OutBase = 5;
  localparam int PrmBase = 6;
  localparam int Addresses = 7;

  logic        bvalid_q, start_q, soft_reset_q, read_q, rvalid_q, irq_q;
  logic [7:0]  araddr_q, select_q;
  logic [31:0] insn_count_q, watchdog_q, rdata_q;
  logic [1:0]  int_enable_q, int_status_q;
  logic        write, write_address, read_address;
  logic [2:0]  write_number, read_number;
  logic [63:0] read_base;
  (* mem2reg *) logic [63:0] address_q [0:Addresses-1];
  assign write = awvalid_i && wvalid_i && !bvalid_q;
  assign awready_o = write;
  assign wready_o = write;
  assign bvalid_o = bvalid_q;
  assign bresp_o = 2'b00;

  // By pair of registers.
  function automatic logic is_address(input logic [4:0] pair);
    is_address = (32'(pair) >= RegInsnAddr / 8 && 32'(pair) < RegCycles / 8) || 32'(pair) == RegPrmBase / 8;
  endfunction
  function automatic logic [2:0] address_number(input logic [4:0] pair);
    address_number = 32'(pair) == RegPrmBase / 8 ? 3'(PrmBase) : 3'(pair - 5'(RegInsnAddr / 8));
  endfunction
  assign write_address = is_address(awaddr_i[7:3]) && !busy_i;
  assign write_number = address_number(awaddr_i[7:3]);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bvalid_q <= 1'b0;
      start_q <= 1'b0;
      soft_reset_q <= 1'b0;
      select_q <= '0;
      insn_count_q <= '0;
      for (int i = 0; i < Addresses; i++) address_q[i] <= '0;
      watchdog_q <= 32'(WatchdogDefault);
      int_enable_q <= '0;
      int_status_q <= '0;
      irq_q <= 1'b0;
    end else begin
      if (write) bvalid_q <= 1'b1;
      else if (bready_i) bvalid_q <= 1'b0;
      start_q <= write && 32'(awaddr_i) == RegControl && wdata_i[1:0] == 2'b01 && !busy_i && !start_q;
      soft_reset_q <= write && 32'(awaddr_i) == RegControl && wdata_i[1];
      if (write) begin
        case (32'(awaddr_i))
          RegInsnCount: if (!busy_i) insn_count_q <= wdata_i;
          RegCounterSelect: if (wdata_i < CounterCount) select_q <= wdata_i[7:0];
          RegIntEnable: int_enable_q <= wdata_i[1:0];
          RegWatchdog: watchdog_q <= wdata_i;
          default: ;
        endcase
        if (write_address && awaddr_i[2]) address_q[write_number][63:32] <= wdata_i;
        if (write_address && !awaddr_i[2]) address_q[write_number][31:0] <= wdata_i;
      end
      if (soft_reset_q) int_status_q <= '0;
      else if (ended_i) int_status_q[error_code_i != '0] <= 1'b1;
      else if (write && 32'(awaddr_i) == RegIntStatus) int_status_q <= int_status_q & ~wdata_i[1:0];
      irq_q <= (int_status_q & int_enable_q) != '0;
    end
  end

  // A read: the counter is fetched first, then the register is chosen.
  assign arready_o = !read_q && !rvalid_q;
  assign counter_read_o = arvalid_i && arready_o;
  assign counter_select_o = select_q;
  assign rvalid_o = rvalid_q;
  assign rdata_o = rdata_q;
  assign rresp_o = 2'b00;
  assign read_address = is_address(araddr_q[7:3]);
  assign read_number = address_number(araddr_q[7:3]);
  assign read_base = address_q[read_number];
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
        RegStatus: rdata_q <= {28'd0, owes_i, error_code_i != '0, busy_i, done_i};
        RegInsnCount: rdata_q <= insn_count_q;
        RegErrorCode: rdata_q <= 32'(error_code_i);
        RegErrorInsn: rdata_q <= error_insn_i;
        RegCounterSelect: rdata_q <= 32'(select_q);
        RegCycles: rdata_q <= cycles_i[31:0];
        RegCycles + 4: rdata_q <= cycles_i[63:32];
        RegCounter: rdata_q <= counter_i[31:0];
        RegCounter + 4: rdata_q <= 32'(counter_i[CounterBits-1:32]);
        RegIntEnable: rdata_q <= 32'(int_enable_q);
        RegIntStatus: rdata_q <= 32'(int_status_q);
        RegWatchdog: rdata_q <= watchdog_q;
        default: rdata_q <= !read_address ? '0 : araddr_q[2] ? read_base[63:32] : read_base[31:0];
      endcase
    end
  end

  assign start_o = start_q;
  assign soft_reset_o = soft_reset_q;
  assign insn_count_o = insn_count_q;
  assign watchdog_o = watchdog_q;
  assign insn_addr_o = address_q[InsnAddr][AddrBits-1:0];
  assign uop_base_o = address_q[UopBase][AddrBits-1:0];
  assign inp_base_o = address_q[InpBase][AddrBits-1:0];
  assign wgt_base_o = address_q[WgtBase][AddrBits-1:0];
  assign acc_base_o = address_q[AccBase][AddrBits-1:0];
  assign out_base_o = address_q[OutBase][AddrBits-1:0];
  assign prm_base_o = address_q[PrmBase][AddrBits-1:0];
  assign irq_o = irq_q;
  assign awake_o = bvalid_q || read_q || rvalid_q || start_q || soft_reset_q || ended_i ||
                   irq_q != ((int_status_q & int_enable_q) != '0);

  // A program's address and bases begin words of the widest bus.
  assign misaligned_o = |{insn_addr_o[5:0], uop_base_o[5:0], inp_base_o[5:0], wgt_base_o[5:0], acc_base_o[5:0], out_base_o[5:0],
                          prm_base_o[5:0]};

`ifdef VERILATOR
  ResponseHeldUntilTaken: assert property (@(posedge clk_i) disable iff (!rst_ni) (rvalid_o && !rready_i) |=> rvalid_o);
  StartOnlyWhenIdle: assert property (@(posedge clk_i) disable iff (!rst_ni) start_o |-> !busy_i);
  InterruptHasACause: assert property (@(posedge clk_i) disable iff (!rst_ni) irq_o |-> $past(int_status_q != '0));
`endif
endmodule
