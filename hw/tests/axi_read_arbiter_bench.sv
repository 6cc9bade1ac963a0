// axi_read_arbiter: three clients that ask at random, a memory that answers in the order of each ID and mixes them: every client gets its
// own beats in order, ties go to the lowest number, no more bursts than allowed are in flight, stalled addresses stand still.
module axi_read_arbiter_bench;
  `include "bench.svh"
  localparam int Most = 5;

  logic [2:0]   burst_valid, burst_ready, beat_valid, beat_ready;
  logic [143:0] burst_addr;
  logic [23:0]  burst_len;
  logic [63:0]  beat_data, rdata;
  logic         beat_error, idle, arvalid, arready, rvalid, rready, rlast;
  logic [1:0]   arid, rid, rresp;
  logic [47:0]  araddr;
  logic [7:0]   arlen;
  axi_read_arbiter #(.Outstanding(Most)) u_reads (
    .clk_i(clk), .rst_ni(rst_n), .burst_valid_i(burst_valid), .burst_ready_o(burst_ready), .burst_addr_i(burst_addr),
    .burst_len_i(burst_len), .beat_valid_o(beat_valid), .beat_ready_i(beat_ready), .beat_data_o(beat_data), .beat_error_o(beat_error),
    .idle_o(idle), .arvalid_o(arvalid), .arready_i(arready), .arid_o(arid), .araddr_o(araddr), .arlen_o(arlen), .rvalid_i(rvalid),
    .rready_o(rready), .rid_i(rid), .rdata_i(rdata), .rresp_i(rresp), .rlast_i(rlast)
  );

  // Client c asks for its k-th burst of k % 3 + 1 beats at address 4096 * c + k; a beat carries {client, burst, beat}.
  integer asked [0:2], answered [0:2], beats [0:2], got_burst [0:2], got_beat [0:2];
  integer c, cycle, seed = 21, taken = 0, finished = 0, full = 0, held = 0;
  reg [57:0] held_address;
  reg [2:0] took;
  reg moved;
    integer accepted [0:2];  // by memory, of each ID

  initial begin
    for (c = 0; c < 3; c = c + 1) begin
      {asked[c], answered[c], beats[c], got_burst[c], got_beat[c], accepted[c]} = 0;
    end
    {burst_valid, beat_ready, arready, rvalid} = 0;
    {rid, rdata, rresp, rlast} = 0;
    repeat (3) @(negedge clk);
    rst_n = 1;
    for (cycle = 0; cycle < 6000; cycle = cycle + 1) begin
      burst_valid = burst_valid | (cycle < 5500 ? {$random(seed)} : 3'd0);  // valid stays until taken
      for (c = 0; c < 3; c = c + 1) if (asked[c] == 150) burst_valid[c] = 1'b0;
      beat_ready = {$random(seed)};
      arready = $random(seed);
      if (!rvalid) begin
        c = {$random(seed)} % 3;
        if (answered[c] < accepted[c] && ($random(seed) & 1)) begin
          rvalid = 1;
          rid = c[1:0];
          rdata = {c[15:0], answered[c][31:0], beats[c][15:0]};
          rlast = beats[c] == answered[c] % 3;
          rresp = answered[c] % 7 == 6 ? 2'b10 : 2'b00;
        end
      end
      for (c = 0; c < 3; c = c + 1) begin
        burst_addr[48*c +: 48] = 48'(4096 * c + asked[c]);
        burst_len[8*c +: 8] = 8'(asked[c] % 3);
      end
      #1;
      check((burst_ready & (burst_ready - 3'd1)) == 0 && (burst_ready & ~burst_valid) == 0, 1);
      if (burst_ready[1]) check(!burst_valid[0], 2);
      if (burst_ready[2]) check(burst_valid[1:0] == 0, 3);
      if (burst_ready != 0) begin
        check(taken - finished < Most, 4);
        taken = taken + 1;
      end
      if (taken - finished == Most) full = full + 1;
      if (held) check(arvalid && {arid, araddr, arlen} === held_address, 5);
      held = arvalid && !arready;
      held_address = {arid, araddr, arlen};
      if (arvalid && arready) begin
        check(araddr === 48'(4096 * arid + accepted[arid]) && arlen === 8'(accepted[arid] % 3), 6);
        accepted[arid] = accepted[arid] + 1;
      end
      for (c = 0; c < 3; c = c + 1) begin
        if (beat_valid[c] && beat_ready[c]) begin
          check(beat_data === {c[15:0], got_burst[c][31:0], got_beat[c][15:0]} && beat_error === (got_burst[c] % 7 == 6), 7);
          if (got_beat[c] == got_burst[c] % 3) begin
            got_beat[c] = 0;
            got_burst[c] = got_burst[c] + 1;
            finished = finished + 1;
          end else begin
            got_beat[c] = got_beat[c] + 1;
          end
        end
      end
      check((beat_valid & (beat_valid - 3'd1)) == 0, 8);
      took = burst_ready;
      moved = rvalid && rready;
      @(negedge clk);
      for (c = 0; c < 3; c = c + 1) begin
        if (took[c]) begin
          asked[c] = asked[c] + 1;
          burst_valid[c] = 1'b0;
        end
      end
      if (moved) begin
        beats[rid] = rlast ? 0 : beats[rid] + 1;
        if (rlast) answered[rid] = answered[rid] + 1;
        rvalid = 0;
      end
    end
    for (c = 0; c < 3; c = c + 1) check(got_burst[c] == asked[c] && asked[c] > 50, 9);
    check(full > 20 && idle === 1'b1, 10);
    finish_bench;
  end
endmodule
