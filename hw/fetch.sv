// Fetches the program in order, checks each instruction and hands it to its engine's command queue. Reads ahead as far as its own buffer
// reaches, so that a full command queue never holds up the data of the engines. An instruction takes InsnBits / bus width + 1 cycles, and
// reaches its queue two cycles after its last beat.
module fetch #(
  parameter int AddrBits = 48,
  parameter int BusBytes = 8,
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
  parameter int InsnWidth = 128,
  localparam int BusBits = 8 * BusBytes,
  localparam int CommandBits = InsnWidth + 37
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   halt_i,
  input  logic                   start_i,
  input  logic [AddrBits-1:0]    addr_i,   // of the first instruction, a multiple of the bus width
  input  logic [31:0]            count_i,  // instructions

  output logic                   burst_valid_o,
  input  logic                   burst_ready_i,
  output logic [AddrBits-1:0]    burst_addr_o,
  output logic [7:0]             burst_len_o,
  input  logic                   beat_valid_i,
  input  logic [BusBits-1:0]     beat_data_i,
  input  logic                   beat_error_i,

  // {fault, may be executed, index of the instruction, instruction}
  output logic [CommandBits-1:0] command_o,
  output logic                   load_valid_o,
  input  logic                   load_ready_i,
  output logic                   compute_valid_o,
  input  logic                   compute_ready_i,
  output logic                   store_valid_o,
  input  logic                   store_ready_i,

  output logic                   done_o,     // every instruction has been handed over, or all before the one that could not be read
  output logic                   moving_o,   // one is handed over in this cycle
  output logic                   blocked_o,  // a command queue is full
  output logic                   awake_o,    // registers may change with the next edge
  output logic                   failed_o,   // memory answered with an error; stays
  output logic [31:0]            number_o    // of the instruction that could not be read, else of the next one
);
  localparam int BusLog2 = $clog2(BusBytes);
  localparam int Beats = (512 / BusBytes < 16) ? 16 : 512 / BusBytes;  // of the read-ahead buffer
  localparam int BurstBeats = Beats / 2;
  localparam int PageBeats = 4096 / BusBytes;
  localparam int LevelBits = $clog2(Beats + 1);
  localparam int BusWords = BusBytes / 8;
  localparam int InsnWords = InsnWidth / 64;
  localparam int GearWords = BusWords + InsnWords;
  localparam int GearBits = $clog2(GearWords + 1);

  // Requests, each only when the buffer has room for all of it.
  logic [AddrBits-1:0]  addr_q;
  logic [35:0]          beats_q, request_beats;  // beats_q: still to request
  logic [LevelBits-1:0] reserved_q;              // requested and not yet taken from the buffer
  logic                 requested, taken;
  logic [35:0]          to_page;
  logic                 failed_q;  // nothing more is requested, and what comes is dropped

  assign to_page = 36'(PageBeats) - 36'(addr_q[11:BusLog2]);
  always_comb begin
    request_beats = 36'(BurstBeats);
    if (to_page < request_beats) request_beats = to_page;
    if (beats_q < request_beats) request_beats = beats_q;
  end
  assign burst_valid_o = beats_q != '0 && reserved_q <= LevelBits'(Beats - BurstBeats);
  assign burst_addr_o = addr_q;
  assign burst_len_o = request_beats[7:0] - 8'd1;
  assign requested = burst_valid_o && burst_ready_i;

  localparam int InsnBytes = InsnWidth / 8;
  localparam int RoundUp = BusBytes - 1;
  logic [37:0] total_bytes;
  assign total_bytes = 38'(count_i) * 38'(InsnBytes) + 38'(RoundUp);

  always_ff @(posedge clk_i) begin
    if (!rst_ni || halt_i || failed_q) begin
      beats_q <= '0;
      reserved_q <= '0;
    end else if (start_i) begin
      addr_q <= addr_i;
      beats_q <= 36'(total_bytes[37:BusLog2]);
    end else begin
      if (requested) begin
        addr_q <= addr_q + (AddrBits'(request_beats) << BusLog2);
        beats_q <= beats_q - request_beats;
      end
      if (requested || taken) begin
        reserved_q <= reserved_q + (requested ? LevelBits'(request_beats) : '0) - LevelBits'(taken);
      end
    end
  end

  // Read-ahead buffer.
  logic                 word_valid, word_ready, buffer_ready;
  logic [BusBits:0]     word;  // {error, data}
  logic [LevelBits-1:0] buffer_level;
  stream_fifo #(.Width(BusBits + 1), .Depth(Beats)) u_buffer (
    .clk_i,
    .rst_ni(rst_ni && !halt_i && !failed_q),
    .wvalid_i(beat_valid_i),
    .wready_o(buffer_ready),
    .wdata_i({beat_error_i, beat_data_i}),
    .rvalid_o(word_valid),
    .rready_i(word_ready),
    .rdata_o(word),
    .level_o(buffer_level)
  );

  // Bus words to instructions, in units of 64 bits.
  logic [64*GearWords-1:0] gear_q;
  logic [GearBits-1:0]     held_q;
  logic                    insn_valid, insn_ready, to_load, to_store;
  logic [3:0]              fault;
  logic [31:0]             number_q, left_q;

  assign insn_valid = held_q >= GearBits'(InsnWords) && left_q != '0;
  assign word_ready = held_q < GearBits'(InsnWords) || left_q == '0;
  assign taken = word_valid && word_ready;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || halt_i) begin
      held_q <= '0;
      left_q <= '0;
      failed_q <= 1'b0;
    end else if (start_i) begin
      held_q <= '0;
      left_q <= count_i;
      number_q <= '0;
    end else if (insn_valid && insn_ready) begin
      held_q <= held_q - GearBits'(InsnWords);
      gear_q <= gear_q >> InsnWidth;
      left_q <= left_q - 32'd1;
      number_q <= number_q + 32'd1;
    end else if (taken && left_q != '0 && !failed_q) begin
      // Fewer words than an instruction has are held, so that the bad beat is the next instruction's.
      if (word[BusBits]) failed_q <= 1'b1;
      else held_q <= held_q + GearBits'(BusWords);
      gear_q[64*held_q +: BusBits] <= word[BusBits-1:0];
    end
  end

  // The instruction that waits for its queue.
  logic                 check_valid_q;
  logic [31:0]          check_number_q;
  logic [InsnWidth-1:0] check_insn;
  assign insn_ready = !check_valid_q || moving_o;
  insn_check #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .RequantLanes(RequantLanes), .DepthwiseWidth(DepthwiseWidth), .ExtendedAlu(ExtendedAlu),
    .InsnWidth(InsnWidth)
  ) u_check (
    .clk_i,
    .take_i(insn_valid && insn_ready),
    .insn_i(gear_q[InsnWidth-1:0]),
    .last_i(left_q == 32'd1),
    .insn_o(check_insn),
    .to_load_o(to_load),
    .to_store_o(to_store),
    .fault_o(fault)
  );
  always_ff @(posedge clk_i) begin
    if (!rst_ni || halt_i) check_valid_q <= 1'b0;
    else if (insn_ready) check_valid_q <= insn_valid;
    if (insn_valid && insn_ready) check_number_q <= number_q;
  end

  assign command_o = {fault, fault == 4'd0, check_number_q, check_insn};
  assign load_valid_o = check_valid_q && to_load;
  assign store_valid_o = check_valid_q && to_store;
  assign compute_valid_o = check_valid_q && !to_load && !to_store;
  assign moving_o = check_valid_q && (to_load ? load_ready_i : to_store ? store_ready_i : compute_ready_i);
  assign blocked_o = check_valid_q && !moving_o;

  assign done_o = (left_q == '0 || failed_q) && !check_valid_q;
  assign awake_o = start_i || failed_q || burst_valid_o || beat_valid_i || (buffer_level != '0 && !word_valid) || taken ||
                   (insn_valid && insn_ready) || moving_o;
  assign failed_o = failed_q;
  assign number_o = check_valid_q && !failed_q ? check_number_q : number_q;

  logic unused;
  assign unused = &{1'b0, total_bytes[BusLog2-1:0]};

`ifdef VERILATOR
  BufferNeverOverflows: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i) beat_valid_i |-> buffer_ready);
  InstructionsInOrder: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i || start_i)
      moving_o |=> (!check_valid_q || check_number_q == $past(check_number_q) + 32'd1));
  NumberedOneByOne: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i || start_i)
      (insn_valid && insn_ready) |=> number_q == $past(number_q) + 32'd1 && left_q == $past(left_q) - 32'd1);
  ReservedWithinBuffer: assert property (@(posedge clk_i) disable iff (!rst_ni) reserved_q <= LevelBits'(Beats));
`endif
endmodule
