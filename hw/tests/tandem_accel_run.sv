// The whole accelerator in four states: runs the program in +memory=FILE.hex (bus-wide words, whole memory), beside an AXI memory that
// stalls at random, and writes the memory to +result=FILE.hex. Unknown bits reach the result, the bus or the status and fail. Not run by
// itself: sim/rtl/icarus_test.cc makes the program, sets the parameters and knows the result.
module tandem_accel_run #(
  parameter int Batch = 1,
  parameter int BlockIn = 4,
  parameter int BlockOut = 4,
  parameter int UopDepth = 512,
  parameter int InpDepth = 512,
  parameter int WgtDepth = 128,
  parameter int AccDepth = 128,
  parameter int PrmDepth = 32,
  parameter int BusBytes = 16,
  parameter int OutstandingReads = 4,
  parameter int CommandQueueDepth = 16,
  parameter int TokenQueueDepth = 8,
  parameter int RequantLanes = 1,
  parameter int DepthwiseWidth = 2,
  parameter int AluLanes = 1,
  parameter int ExtendedAlu = 1,
  parameter int DspPacking = 0,
  parameter int Words = 1024,  // of the memory
  parameter int CodeAddress = 0,
  parameter int Instructions = 1
);
  `include "bench.svh"
  `include "registers.svh"
  localparam int BusBits = 8 * BusBytes;

  logic                s_awvalid, s_awready, s_wready, s_bvalid, s_arvalid, s_arready, s_rvalid;
  logic [7:0]          s_awaddr, s_araddr;
  logic [31:0]         s_wdata, s_rdata;
  logic [1:0]          s_bresp, s_rresp;
  logic                arvalid, arready, rvalid, rready, rlast, awvalid, awready, wvalid, wready, wlast, bvalid, bready;
  logic [1:0]          arid, rid, arburst, awburst, awid;
  logic [47:0]         araddr, awaddr;
  logic [7:0]          arlen, awlen;
  logic [2:0]          arsize, awsize;
  logic [BusBits-1:0]  rdata, wdata;
  logic [BusBytes-1:0] wstrb;
  logic                irq, done;
  tandem_accel #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .BusBytes(BusBytes), .OutstandingReads(OutstandingReads),
    .CommandQueueDepth(CommandQueueDepth), .TokenQueueDepth(TokenQueueDepth), .RequantLanes(RequantLanes),
    .DepthwiseWidth(DepthwiseWidth), .AluLanes(AluLanes), .ExtendedAlu(ExtendedAlu), .DspPacking(DspPacking)
  ) u_accel (
    .clk_i(clk), .rst_ni(rst_n), .s_awvalid_i(s_awvalid), .s_awready_o(s_awready), .s_awaddr_i(s_awaddr), .s_wvalid_i(s_awvalid),
    .s_wready_o(s_wready), .s_wdata_i(s_wdata), .s_bvalid_o(s_bvalid), .s_bready_i(1'b1), .s_bresp_o(s_bresp),
    .s_arvalid_i(s_arvalid), .s_arready_o(s_arready), .s_araddr_i(s_araddr), .s_rvalid_o(s_rvalid), .s_rready_i(1'b1),
    .s_rdata_o(s_rdata), .s_rresp_o(s_rresp), .m_arvalid_o(arvalid), .m_arready_i(arready), .m_arid_o(arid), .m_araddr_o(araddr),
    .m_arlen_o(arlen), .m_arsize_o(arsize), .m_arburst_o(arburst), .m_rvalid_i(rvalid), .m_rready_o(rready), .m_rid_i(rid),
    .m_rdata_i(rdata), .m_rresp_i(2'b00), .m_rlast_i(rlast), .m_awvalid_o(awvalid), .m_awready_i(awready), .m_awid_o(awid),
    .m_awaddr_o(awaddr), .m_awlen_o(awlen), .m_awsize_o(awsize), .m_awburst_o(awburst), .m_wvalid_o(wvalid), .m_wready_i(wready),
    .m_wdata_o(wdata), .m_wstrb_o(wstrb), .m_wlast_o(wlast), .m_bvalid_i(bvalid), .m_bready_o(bready), .m_bresp_i(2'b00),
    .irq_o(irq), .done_o(done), .retire_o(), .retire_insn_o(), .head_valid_o(), .head_insn_o(), .wait_token_o(), .wait_space_o(),
    .engine_idle_o(), .engine_busy_o(), .fetch_done_o(), .fetch_insn_o(), .token_level_o()
  );

  // Memory: one read and one write burst at a time, ready and valid at random.
  logic [BusBits-1:0] memory [0:Words-1];
  integer read_word, read_left = 0, write_word, write_left = 0, owed = 0, seed = 11, i;
  assign rvalid = read_left != 0 && rvalid_q;
  logic rvalid_q = 1'b0, bvalid_q = 1'b0;
  assign bvalid = bvalid_q;
  assign rdata = rvalid ? memory[read_word] : 'x;
  assign rlast = rvalid ? read_left == 1 : 1'bx;
  always @(posedge clk) begin
    if (rst_n) check((arvalid ^ awvalid ^ wvalid ^ rready ^ bready) !== 1'bx, 1);
    if (arvalid && arready) begin
      check(^{araddr, arlen, arid, arsize, arburst} !== 1'bx && araddr / BusBytes + arlen < Words, 2);
      read_word <= araddr / BusBytes;
      read_left <= arlen + 1;
      rid <= arid;
    end
    if (rvalid && rready) begin
      read_word <= read_word + 1;
      read_left <= read_left - 1;
    end
    rvalid_q <= (rvalid && !rready) || ($random(seed) & 3) != 0;
    arready <= read_left == 0 && !(arvalid && arready) && ($random(seed) & 1);
    if (awvalid && awready) begin
      check(^{awaddr, awlen, awid, awsize, awburst} !== 1'bx && awaddr / BusBytes + awlen < Words, 3);
      write_word <= awaddr / BusBytes;
      write_left <= awlen + 1;
    end
    if (wvalid && wready) begin
      check(^wstrb !== 1'bx && wlast === (write_left == 1), 4);
      for (i = 0; i < BusBytes; i = i + 1) begin
        if (wstrb[i]) begin
          check(^wdata[8*i +: 8] !== 1'bx, 5);
          memory[write_word][8*i +: 8] = wdata[8*i +: 8];
        end
      end
      write_word <= write_word + 1;
      write_left <= write_left - 1;
    end
    awready <= write_left == 0 && !(awvalid && awready) && owed == 0 && !bvalid_q && ($random(seed) & 1);
    wready <= (write_left > 1 || (write_left == 1 && !(wvalid && wready))) && ($random(seed) & 3) != 0;
    if (wvalid && wready && wlast) owed <= 1;
    if (owed != 0 && ($random(seed) & 1)) begin
      bvalid_q <= 1'b1;
      owed <= 0;
    end
    if (bvalid_q && bready) bvalid_q <= 1'b0;
  end

  task put(input integer offset, input [31:0] data);
    begin
      @(negedge clk);
      s_awvalid = 1;
      s_awaddr = 8'(offset);
      s_wdata = data;
      @(negedge clk);
      s_awvalid = 0;
      @(negedge clk);
    end
  endtask

  reg [8*512-1:0] from, to;
  integer cycles = 0;
  initial begin
    {s_awvalid, s_arvalid, arready, awready, wready} = 0;
    if (!$value$plusargs("memory=%s", from) || !$value$plusargs("result=%s", to)) $display("FAILED: no +memory, no +result");
    $readmemh(from, memory);
    repeat (4) @(negedge clk);
    rst_n = 1;
    put(RegInsnCount, Instructions);
    put(RegInsnAddr, CodeAddress);
    put(RegControl, 1);
    while (done !== 1'b1 && cycles < 200000) begin
      @(negedge clk);
      cycles = cycles + 1;
    end
    check(done === 1'b1, 6);
    s_arvalid = 1;
    s_araddr = RegErrorCode;
    @(negedge clk);
    s_arvalid = 0;
    while (s_rvalid !== 1'b1 && cycles < 200100) begin
      @(negedge clk);
      cycles = cycles + 1;
    end
    check(s_rdata === 32'd0, 7);
    $writememh(to, memory);
    finish_bench;
  end
endmodule
