// control: every register that can be written reads back, none can be changed that a run uses while one is under way, starts and resets
// are pulses, interrupts are raised, masked and cleared.
module control_bench;
  `include "bench.svh"
  `include "registers.svh"

  logic        write, write_ready, read, read_ready, read_valid, b_valid, busy, ended, start, soft_reset, irq, counter_read, misaligned;
  logic [7:0]  write_addr, read_addr, select;
  logic [31:0] write_data, read_data, insn_count, watchdog, value;
  logic [47:0] insn_addr, uop_base, inp_base, wgt_base, acc_base, out_base, prm_base;
  logic [3:0]  error_code;
  logic [1:0]  bresp, rresp;
  logic        wready, awake;
  control u_control (
    .clk_i(clk), .rst_ni(rst_n), .awvalid_i(write), .awready_o(write_ready), .awaddr_i(write_addr), .wvalid_i(write), .wready_o(wready),
    .wdata_i(write_data), .bvalid_o(b_valid), .bready_i(1'b1), .bresp_o(bresp), .arvalid_i(read), .arready_o(read_ready),
    .araddr_i(read_addr), .rvalid_o(read_valid), .rready_i(1'b1), .rdata_o(read_data), .rresp_o(rresp), .start_o(start),
    .soft_reset_o(soft_reset), .insn_count_o(insn_count), .insn_addr_o(insn_addr), .uop_base_o(uop_base), .inp_base_o(inp_base),
    .wgt_base_o(wgt_base), .acc_base_o(acc_base), .out_base_o(out_base), .prm_base_o(prm_base), .misaligned_o(misaligned),
    .watchdog_o(watchdog), .busy_i(busy),
    .owes_i(busy), .done_i(!busy), .ended_i(ended), .error_code_i(error_code), .error_insn_i(32'd77), .cycles_i(64'h123456789a),
    .counter_read_o(counter_read), .counter_select_o(select), .counter_i(48'h20000_0003), .awake_o(awake), .irq_o(irq)
  );

  integer starts = 0, resets = 0, i;
  always_ff @(posedge clk) begin
    if (start) starts <= starts + 1;
    if (soft_reset) resets <= resets + 1;
  end

  task put(input integer offset, input [31:0] data);
    begin
      write = 1;
      write_addr = 8'(offset);
      write_data = data;
      @(negedge clk);
      write = 0;
      repeat (2) @(negedge clk);
    end
  endtask
  task get(input integer offset, input [31:0] expected, input integer place);
    begin
      read = 1;
      read_addr = 8'(offset);
      @(negedge clk);
      read = 0;
      while (read_valid !== 1'b1) @(negedge clk);
      check(read_data === expected, place);
      @(negedge clk);
    end
  endtask

  initial begin
    {write, read, busy, ended} = 0;
    error_code = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    @(negedge clk);
    get(RegWatchdog, WatchdogDefault, 1);
    put(RegInsnCount, 32'h1234);
    for (i = RegInsnAddr; i < RegCycles; i = i + 4) put(i, 32'h1000 + i);
    for (i = RegPrmBase; i < RegPrmBase + 8; i = i + 4) put(i, 32'h1000 + i);
    get(RegInsnCount, 32'h1234, 2);
    for (i = RegInsnAddr; i < RegCycles; i = i + 4) get(i, 32'h1000 + i, 3);
    for (i = RegPrmBase; i < RegPrmBase + 8; i = i + 4) get(i, 32'h1000 + i, 4);
    check(insn_addr === {16'h101c, 32'h1018} && out_base === {16'h1044, 32'h1040} && prm_base === {16'h105c, 32'h1058}, 5);
    get(RegCycles, 32'h3456789a, 6);
    get(RegCycles + 4, 32'h12, 7);
    put(RegCounterSelect, 32'd9);
    put(RegCounterSelect, CounterCount);
    check(select === 8'd9, 8);
    get(RegCounter, 32'd3, 9);
    get(RegCounter + 4, 32'd2, 10);
    get(RegErrorInsn, 32'd77, 11);
    get(RegStatus, 32'b0001, 12);
    get(252, 32'd0, 13);

    put(RegControl, 32'd1);
    check(starts == 1 && resets == 0, 14);
    busy = 1;
    put(RegControl, 32'd1);
    put(RegUopBase, 32'd0);
    put(RegInsnCount, 32'd0);
    put(RegWatchdog, 32'd5);
    check(starts == 1 && insn_count === 32'h1234 && uop_base === {16'h1024, 32'h1020} && watchdog === 32'd5, 15);
    get(RegStatus, 32'b1010, 16);
    put(RegControl, 32'd2);
    check(resets == 1, 17);
    busy = 0;

    // A run ends well, then one with an error: only what is enabled interrupts; writing ones clears.
    put(RegIntEnable, 32'd2);
    ended = 1;
    @(negedge clk);
    ended = 0;
    repeat (2) @(negedge clk);
    check(irq === 1'b0, 18);
    get(RegIntStatus, 32'd1, 19);
    error_code = 4'(ErrorBounds);
    ended = 1;
    @(negedge clk);
    ended = 0;
    repeat (2) @(negedge clk);
    check(irq === 1'b1, 20);
    get(RegIntStatus, 32'd3, 21);
    get(RegErrorCode, ErrorBounds, 22);
    put(RegIntStatus, 32'd2);
    check(irq === 1'b0, 23);
    get(RegIntStatus, 32'd1, 24);
    put(RegControl, 32'd3);
    check(resets == 2 && starts == 1, 25);
    get(RegIntStatus, 32'd0, 26);

    // Each of the addresses is seen when it is not a multiple of 64.
    put(RegPrmBase, 32'h40);
    for (i = RegInsnAddr; i < RegCycles; i = i + 8) put(i, 32'hffffffc0);
    check(misaligned === 1'b0, 27);
    for (i = RegInsnAddr; i <= RegCycles; i = i + 8) begin
      put(i == RegCycles ? RegPrmBase : i, 32'h20 >> (i / 8 % 6));
      check(misaligned === 1'b1, 28);
      put(i == RegCycles ? RegPrmBase : i, 32'h40);
      check(misaligned === 1'b0, 29);
    end
    finish_bench;
  end
endmodule
