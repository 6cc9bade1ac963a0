// store_engine on random STOREs of elements narrower than the bus, beside a memory that stalls: every element is written once and nothing
// beside it, tokens come only after the last response, instructions retire in order; a response with an error ends the work.
module store_engine_bench;
  `include "bench.svh"
  localparam int Batch = 1;
  localparam int BlockIn = 4;
  localparam int BlockOut = 4;
  localparam int UopDepth = 512;
  localparam int InpDepth = 512;
  localparam int WgtDepth = 128;
  localparam int AccDepth = 128;
  localparam int PrmDepth = 32;
  `include "isa.svh"
  localparam int BusBytes = 16;
  localparam int Lanes = BusBytes / 4;
  localparam int Stores = 200;
  localparam int Bytes = 16384;

  logic                 command_valid, command_ready, token, pop, space, reserve, push, read_en, awvalid, awready, wvalid, wready, wlast;
  logic                 bvalid, bready, retire, idle, failed;
  reg  [InsnBits-1:0]   insn;
  logic [31:0]          retire_number, number;
  logic [23:0]          read_index;
  logic [7:0]           awlen;
  logic [4:0]           read_first, read_count;
  logic [127:0]         read_data, wdata;
  logic [47:0]          awaddr;
  logic [15:0]          wstrb;
  logic [1:0]           bresp;
  store_engine #(
    .BusBytes(BusBytes), .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth),
    .WgtDepth(WgtDepth), .AccDepth(AccDepth), .PrmDepth(PrmDepth), .InsnWidth(InsnBits), .Outstanding(4)
  ) u_store (
    .clk_i(clk), .rst_ni(rst_n), .halt_i(1'b0), .out_base_i(48'h80000), .command_valid_i(command_valid),
    .command_ready_o(command_ready), .command_i({1'b1, issued, insn}), .token_available_i(token), .token_pop_o(pop),
    .token_space_i(space), .token_reserve_o(reserve), .token_push_o(push), .read_en_o(read_en), .read_index_o(read_index),
    .read_chunk_o(), .read_first_o(read_first), .read_count_o(read_count), .read_data_i(read_data), .awvalid_o(awvalid),
    .awready_i(awready), .awaddr_o(awaddr), .awlen_o(awlen), .wvalid_o(wvalid), .wready_i(wready), .wdata_o(wdata), .wstrb_o(wstrb),
    .wlast_o(wlast), .bvalid_i(bvalid), .bready_o(bready), .bresp_i(bresp), .retire_o(retire), .retire_number_o(retire_number),
    .idle_o(idle), .busy_o(), .wait_compute_o(), .wait_space_o(), .bytes_o(), .answered_o(), .failed_o(failed), .number_o(number)
  );

  function automatic [31:0] element(input integer index);
    element = 32'(index) * 32'h01030507 + 32'h5;
  endfunction
  // The output buffer: elements in their lanes, one cycle later; lanes that were not asked for are unknown.
  integer l;
  always @(posedge clk) begin
    if (read_en) begin
      read_data <= 'x;
      for (l = 0; l < Lanes; l = l + 1) begin
        if (l >= read_first && l < read_first + read_count) read_data[32*l +: 32] <= element(read_index + l - read_first);
      end
    end
  end

  reg [7:0]  memory [0:Bytes-1], model [0:Bytes-1];
  reg [31:0] issued = 0;
  reg        pushes [0:Stores];
  integer    retired = 0, pushed = 0, popped = 0, owed = 0, left = 0, cycle = 0, seed = 41, i, r, c, wanted = 0, bursts = 0, answers = 0;
  integer    at, x_size, y_size, stride, sram, dram;
  reg [55:0] queue [0:255];
  reg        took_command, took_address, took_data, took_answer;

  task put(input integer lsb, input integer width, input [31:0] value);
    for (i = 0; i < width; i = i + 1) insn[lsb + i] = value[i];
  endtask
  task make_store;
    begin
      insn = 0;
      y_size = issued % 13 == 4 ? 0 : 1 + {$random(seed)} % 4;
      x_size = 1 + {$random(seed)} % (issued % 7 == 0 ? 60 : 9);
      stride = x_size + {$random(seed)} % 20;
      sram = {$random(seed)} % (AccDepth - (y_size == 0 ? 0 : y_size * x_size > AccDepth ? 0 : y_size * x_size) + 1);
      if (y_size * x_size > AccDepth) y_size = 1;
      if (sram + y_size * x_size > AccDepth) sram = 0;
      dram = {$random(seed)} % (Bytes / 4 - 4 * stride - x_size);
      put(InsnOpLsb, InsnOpW, OpStore);
      put(StoreMemTypeLsb, StoreMemTypeW, MemOut);
      put(StoreSramBaseLsb, StoreSramBaseW, sram);
      put(StoreDramBaseLsb, StoreDramBaseW, dram);
      put(StoreYSizeLsb, StoreYSizeW, y_size);
      put(StoreXSizeLsb, StoreXSizeW, x_size);
      put(StoreXStrideLsb, StoreXStrideW, stride);
      put(InsnPopPrevLsb, 1, issued);
      put(InsnPushPrevLsb, 1, $random(seed));
    end
  endtask

  initial begin
    for (i = 0; i < Bytes; i = i + 1) begin
      memory[i] = 8'ha5;
      model[i] = 8'ha5;
    end
    {command_valid, token, space, awready, wready, bvalid, bresp} = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    while (retired < Stores && cycle < 60000) begin
      cycle = cycle + 1;
      if (!command_valid && issued < Stores) begin
        make_store;
        command_valid = 1;
      end
      token = ($random(seed) & 1);
      space = ($random(seed) & 1);
      awready = $random(seed);
      wready = bursts > answers + owed && ($random(seed) & 3) != 0;
      if (!bvalid && owed > 0 && ($random(seed) & 1)) bvalid = 1;
      #1;
      took_command = command_valid && command_ready;
      took_address = awvalid && awready;
      took_data = wvalid && wready;
      took_answer = bvalid && bready;
      check(pop === (took_command && insn[InsnPopPrevLsb]) && (!pop || token), 1);
      check(reserve === (took_command && insn[InsnPushPrevLsb]) && (!reserve || space), 2);
      if (took_command) begin
        pushes[issued] = insn[InsnPushPrevLsb];
        for (r = 0; r < y_size; r = r + 1) begin
          for (c = 0; c < 4 * x_size; c = c + 1) begin
            model[4 * (dram + r * stride) + c] = element(sram + r * x_size + c / 4) >> (8 * (c % 4));
          end
        end
      end
      if (took_address) begin
        check(awaddr % BusBytes == 0 && awaddr[11:0] / BusBytes + awlen < 4096 / BusBytes, 3);
        queue[bursts % 256] = {awaddr, awlen};
        bursts = bursts + 1;
      end
      if (took_data) begin
        at = (queue[(answers + owed) % 256][55:8] - 48'h80000) + left * BusBytes;
        check(wstrb !== 16'd0 && ^wstrb !== 1'bx, 4);
        for (i = 0; i < BusBytes; i = i + 1) begin
          if (wstrb[i]) begin
            check(^wdata[8*i +: 8] !== 1'bx, 5);
            memory[at + i] = wdata[8*i +: 8];
          end
        end
        check(wlast === (left == queue[(answers + owed) % 256][7:0]), 6);
        left = wlast ? 0 : left + 1;
        if (wlast) owed = owed + 1;
      end
      if (took_answer) begin
        owed = owed - 1;
        answers = answers + 1;
      end
      check(bursts - answers <= 5, 7);  // four, and the response that is on its way through the slice
      if (retire) begin
        check(retire_number === 32'(retired) && push === pushes[retired], 8);
        retired = retired + 1;
      end else begin
        check(push === 1'b0, 9);
      end
      @(negedge clk);
      if (took_command) begin
        issued = issued + 1;
        command_valid = 0;
      end
      if (took_answer) bvalid = 0;
    end
    check(retired == Stores, 10);
    for (i = 0; i < Bytes; i = i + 1) check(memory[i] === model[i], 11);
    repeat (3) @(negedge clk);
    check(idle === 1'b1 && failed === 1'b0, 12);

    // An error: that STORE is named, and never retires.
    make_store;
    put(StoreYSizeLsb, StoreYSizeW, 1);
    {token, space, awready, wready} = 4'b1111;
    command_valid = 1;
    @(negedge clk);
    command_valid = 0;
    for (cycle = 0; cycle < 60 && !(wvalid && wlast); cycle = cycle + 1) @(negedge clk);
    repeat (2) @(negedge clk);
    bresp = 2'b10;
    bvalid = 1;
    @(negedge clk);
    bvalid = 0;
    for (cycle = 0; cycle < 5; cycle = cycle + 1) begin
      check(retire === 1'b0 && push === 1'b0, 13);
      @(negedge clk);
    end
    check(failed === 1'b1 && number === 32'(Stores), 14);
    finish_bench;
  end
endmodule
