// The accelerator with one clock: tandem_core, and a gate for the clock of each of its parts. Interface, parameters and timing are the
// core's, with clock gating or without.
module tandem_accel #(
  parameter int Batch = 1,                // rows of an input element
  parameter int BlockIn = 16,             // int8 lanes of an input element
  parameter int BlockOut = 16,            // lanes of an accumulator element
  parameter int UopDepth = 8192,          // entries of the buffers
  parameter int InpDepth = 2048,
  parameter int WgtDepth = 1024,
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int BusBytes = 8,             // of the AXI4 data bus
  parameter int OutstandingReads = 64,    // bursts in flight
  parameter int CommandQueueDepth = 512,  // instructions per engine
  parameter int TokenQueueDepth = 512,    // tokens per direction
  parameter int RequantLanes = BlockOut,  // channels that REQUANTIZE takes per cycle; 0: no unit
  parameter int DepthwiseWidth = BlockIn == BlockOut ? 1 : 0,  // taps per step of a depthwise MAC; 0: none
  parameter int AluLanes = Batch * BlockOut,  // accumulator lanes per cycle of an ALU step
  parameter int ExtendedAlu = 1,          // CONFIG and ALU_EXTENDED
  parameter int DspPacking = 0,           // two products of one input in one DSP of the multiplier array
  parameter int ClockGating = 0,          // the clocks of sleeping parts stop: for ASICs; 0 where clocks should not be gated, as in FPGAs
  parameter int AddrBits = 48,
  localparam int BusBits = 8 * BusBytes
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  // AXI4-Lite slave.
  input  logic                s_awvalid_i,
  output logic                s_awready_o,
  input  logic [7:0]          s_awaddr_i,
  input  logic                s_wvalid_i,
  output logic                s_wready_o,
  input  logic [31:0]         s_wdata_i,
  output logic                s_bvalid_o,
  input  logic                s_bready_i,
  output logic [1:0]          s_bresp_o,
  input  logic                s_arvalid_i,
  output logic                s_arready_o,
  input  logic [7:0]          s_araddr_i,
  output logic                s_rvalid_o,
  input  logic                s_rready_i,
  output logic [31:0]         s_rdata_o,
  output logic [1:0]          s_rresp_o,

  // AXI4 master: incrementing bursts of bus-wide beats.
  output logic                m_arvalid_o,
  input  logic                m_arready_i,
  output logic [1:0]          m_arid_o,
  output logic [AddrBits-1:0] m_araddr_o,
  output logic [7:0]          m_arlen_o,
  output logic [2:0]          m_arsize_o,
  output logic [1:0]          m_arburst_o,
  input  logic                m_rvalid_i,
  output logic                m_rready_o,
  input  logic [1:0]          m_rid_i,
  input  logic [BusBits-1:0]  m_rdata_i,
  input  logic [1:0]          m_rresp_i,
  input  logic                m_rlast_i,
  output logic                m_awvalid_o,
  input  logic                m_awready_i,
  output logic [1:0]          m_awid_o,
  output logic [AddrBits-1:0] m_awaddr_o,
  output logic [7:0]          m_awlen_o,
  output logic [2:0]          m_awsize_o,
  output logic [1:0]          m_awburst_o,
  output logic                m_wvalid_o,
  input  logic                m_wready_i,
  output logic [BusBits-1:0]  m_wdata_o,
  output logic [BusBytes-1:0] m_wstrb_o,
  output logic                m_wlast_o,
  input  logic                m_bvalid_i,
  output logic                m_bready_o,
  input  logic [1:0]          m_bresp_i,

  output logic                irq_o,   // an enabled interrupt is pending
  output logic                done_o,  // the last run is over

  // Observation: instructions as they retire, and what each engine waits for. Order: load, compute, store.
  output logic [2:0]          retire_o,
  output logic [3*32-1:0]     retire_insn_o,
  output logic [2:0]          head_valid_o,    // an instruction waits to be started
  output logic [3*32-1:0]     head_insn_o,
  output logic [3:0]          wait_token_o,    // load for compute, compute for load, compute for store, store for compute
  output logic [2:0]          wait_space_o,    // the head waits for room for the token that it will push
  output logic [2:0]          engine_idle_o,   // nothing under way
  output logic [2:0]          engine_busy_o,   // moves data or makes steps in this cycle
  output logic                fetch_done_o,    // every instruction is in its queue
  output logic [31:0]         fetch_insn_o,    // the next one
  output logic [4*16-1:0]     token_level_o    // tokens waiting: load to compute, compute to load, compute to store, store to compute
);
  // Order: front, read, store, requantize.
  logic [3:0] awake, clk;
  logic       woken;
  assign woken = !rst_ni || s_awvalid_i || s_arvalid_i;
  genvar g;
  for (g = 0; g < 4; g++) begin : gen_gate
    clock_gate #(.Gating(ClockGating)) u_gate (
      .clk_i,
      .en_i(awake[g] || woken),
      .clk_o(clk[g])
    );
  end

  tandem_core #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .BusBytes(BusBytes), .OutstandingReads(OutstandingReads),
    .CommandQueueDepth(CommandQueueDepth), .TokenQueueDepth(TokenQueueDepth), .RequantLanes(RequantLanes),
    .DepthwiseWidth(DepthwiseWidth), .AluLanes(AluLanes), .ExtendedAlu(ExtendedAlu), .DspPacking(DspPacking), .AddrBits(AddrBits)
  ) u_core (
    .clk_i,
    .clk_front_i(clk[0]),
    .clk_read_i(clk[1]),
    .clk_store_i(clk[2]),
    .clk_requantize_i(clk[3]),
    .front_awake_o(awake[0]),
    .read_awake_o(awake[1]),
    .store_awake_o(awake[2]),
    .requantize_awake_o(awake[3]),
    .rst_ni,
    .s_awvalid_i,
    .s_awready_o,
    .s_awaddr_i,
    .s_wvalid_i,
    .s_wready_o,
    .s_wdata_i,
    .s_bvalid_o,
    .s_bready_i,
    .s_bresp_o,
    .s_arvalid_i,
    .s_arready_o,
    .s_araddr_i,
    .s_rvalid_o,
    .s_rready_i,
    .s_rdata_o,
    .s_rresp_o,
    .m_arvalid_o,
    .m_arready_i,
    .m_arid_o,
    .m_araddr_o,
    .m_arlen_o,
    .m_arsize_o,
    .m_arburst_o,
    .m_rvalid_i,
    .m_rready_o,
    .m_rid_i,
    .m_rdata_i,
    .m_rresp_i,
    .m_rlast_i,
    .m_awvalid_o,
    .m_awready_i,
    .m_awid_o,
    .m_awaddr_o,
    .m_awlen_o,
    .m_awsize_o,
    .m_awburst_o,
    .m_wvalid_o,
    .m_wready_i,
    .m_wdata_o,
    .m_wstrb_o,
    .m_wlast_o,
    .m_bvalid_i,
    .m_bready_o,
    .m_bresp_i,
    .irq_o,
    .done_o,
    .retire_o,
    .retire_insn_o,
    .head_valid_o,
    .head_insn_o,
    .wait_token_o,
    .wait_space_o,
    .engine_idle_o,
    .engine_busy_o,
    .fetch_done_o,
    .fetch_insn_o,
    .token_level_o
  );
endmodule
