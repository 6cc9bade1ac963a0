// The counters of registers.svh. Every cycle of an engine has one cause; what is counted is how long the causes lasted, when one of them
// changes, so that an engine's causes sum to the run's cycles. Read one at a time, a cycle after its selection, and right from a cycle after
// the run. Clocks may stop while what they count is still, but not with clear_i.
module perf_counters #(
  parameter int Width = 48,
  parameter int ByteBits = 7
) (
  input  logic                clk_i,
  input  logic                clk_read_i,        // of what LOADs move, and of beats read
  input  logic                clk_store_i,       // of what STOREs move, and of beats written
  input  logic                clk_requantize_i,  // of REQUANTIZE's steps
  input  logic                clear_i,   // only while not enabled
  input  logic                enable_i,  // a run is under way
  input  logic [Width-1:0]    cycles_i,  // of the run so far
  input  logic [4:0]          fetch_cause_i,  // the number of the counter; None without a run
  input  logic [4:0]          load_cause_i,
  input  logic [4:0]          compute_cause_i,
  input  logic [4:0]          store_cause_i,
  input  logic                gemm_step_i,
  input  logic                alu_step_i,
  input  logic                requantize_step_i,
  input  logic                depthwise_step_i,
  input  logic [ByteBits-1:0] uop_bytes_i,
  input  logic [ByteBits-1:0] inp_bytes_i,
  input  logic [ByteBits-1:0] wgt_bytes_i,
  input  logic [ByteBits-1:0] acc_bytes_i,
  input  logic [ByteBits-1:0] prm_bytes_i,
  input  logic [ByteBits-1:0] out_bytes_i,
  input  logic                read_beat_i,
  input  logic                write_beat_i,
  input  logic                read_i,
  input  logic [4:0]          select_i,
  output logic [Width-1:0]    value_o
);
  `include "registers.svh"
  localparam logic [4:0] None = 5'd31;  // no cause of an engine's has this number

  localparam int Causes = CountStoreIdle + 1;

  // Causes change seldom: what lasted is added when any of them changes.
  (* mem2reg *) logic [Width-1:0] count_q [0:Causes-1];
  logic [4:0]                     fetch_q, load_q, compute_q, store_q;
  logic [Width-1:0]               since_q, lasted;
  logic                           changed;
  assign changed = compute_cause_i != compute_q || load_cause_i != load_q || store_cause_i != store_q || fetch_cause_i != fetch_q;
  always_comb begin
    lasted = 'x;
    if (changed) lasted = cycles_i - since_q;
  end
  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      for (int i = 0; i < Causes; i++) count_q[i] <= '0;
      since_q <= '0;
      fetch_q <= None;
      load_q <= None;
      compute_q <= None;
      store_q <= None;
    end else if (changed) begin
      if (fetch_q != None) begin
        count_q[fetch_q] <= count_q[fetch_q] + lasted;
        count_q[load_q] <= count_q[load_q] + lasted;
        count_q[compute_q] <= count_q[compute_q] + lasted;
        count_q[store_q] <= count_q[store_q] + lasted;
      end
      since_q <= cycles_i;
      fetch_q <= fetch_cause_i;
      load_q <= load_cause_i;
      compute_q <= compute_cause_i;
      store_q <= store_cause_i;
    end
  end

  // So do the steps of compute's pipeline.
  logic [Width-1:0] gemm_q, alu_q, requantize_q, depthwise_q, steps_since_q, stepped;
  logic [2:0]       stepping, stepping_q;
  assign stepping = enable_i ? {depthwise_step_i, alu_step_i, gemm_step_i} : '0;
  assign stepped = cycles_i - steps_since_q;
  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      gemm_q <= '0;
      alu_q <= '0;
      depthwise_q <= '0;
      steps_since_q <= '0;
      stepping_q <= '0;
    end else if (stepping != stepping_q) begin
      if (stepping_q[0]) gemm_q <= gemm_q + stepped;
      if (stepping_q[1]) alu_q <= alu_q + stepped;
      if (stepping_q[2]) depthwise_q <= depthwise_q + stepped;
      steps_since_q <= cycles_i;
      stepping_q <= stepping;
    end
  end
  always_ff @(posedge clk_requantize_i) begin
    if (clear_i) requantize_q <= '0;
    else if (enable_i && requantize_step_i) requantize_q <= requantize_q + Width'(1);
  end

  logic [Width-1:0] uop_q, inp_q, wgt_q, acc_q, prm_q, out_q, read_q, write_q;
  logic             moved;
  assign moved = (uop_bytes_i | inp_bytes_i | wgt_bytes_i | acc_bytes_i | prm_bytes_i) != '0;
  always_ff @(posedge clk_read_i) begin
    if (clear_i) begin
      uop_q <= '0;
      inp_q <= '0;
      wgt_q <= '0;
      acc_q <= '0;
      prm_q <= '0;
      read_q <= '0;
    end else if (enable_i) begin
      if (moved) begin
        uop_q <= uop_q + Width'(uop_bytes_i);
        inp_q <= inp_q + Width'(inp_bytes_i);
        wgt_q <= wgt_q + Width'(wgt_bytes_i);
        acc_q <= acc_q + Width'(acc_bytes_i);
        prm_q <= prm_q + Width'(prm_bytes_i);
      end
      if (read_beat_i) read_q <= read_q + Width'(1);
    end
  end
  always_ff @(posedge clk_store_i) begin
    if (clear_i) begin
      out_q <= '0;
      write_q <= '0;
    end else if (enable_i) begin
      if (out_bytes_i != '0) out_q <= out_q + Width'(out_bytes_i);
      if (write_beat_i) write_q <= write_q + Width'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (read_i) begin
      case (32'(select_i))
        CountGemmOps: value_o <= gemm_q;
        CountAluOps: value_o <= alu_q;
        CountRequantizeOps: value_o <= requantize_q;
        CountDepthwiseOps: value_o <= depthwise_q;
        CountUopBytes: value_o <= uop_q;
        CountInpBytes: value_o <= inp_q;
        CountWgtBytes: value_o <= wgt_q;
        CountAccBytes: value_o <= acc_q;
        CountPrmBytes: value_o <= prm_q;
        CountOutBytes: value_o <= out_q;
        CountReadBeats: value_o <= read_q;
        CountWriteBeats: value_o <= write_q;
        default: value_o <= count_q[select_i];
      endcase
    end
  end

`ifdef VERILATOR
  logic             summed;
  logic [Width-1:0] fetch_sum, load_sum, compute_sum, store_sum;
  assign summed = fetch_q != None;
  assign fetch_sum = count_q[0] + count_q[1] + count_q[2] + count_q[3];
  assign load_sum = count_q[4] + count_q[5] + count_q[6] + count_q[7] + count_q[8];
  assign compute_sum = count_q[9] + count_q[10] + count_q[11] + count_q[12] + count_q[13] + count_q[14];
  assign store_sum = count_q[15] + count_q[16] + count_q[17] + count_q[18] + count_q[19];
  CausesSumToTheCycles: assert property (@(posedge clk_i) disable iff (clear_i || !summed)
      (fetch_sum == since_q && load_sum == since_q && compute_sum == since_q && store_sum == since_q));
  CausesOfTheirEngine: assert property (@(posedge clk_i) enable_i |->
      (32'(fetch_cause_i) <= CountFetchIdle && 32'(load_cause_i) >= CountLoadBusy && 32'(load_cause_i) <= CountLoadIdle &&
       32'(compute_cause_i) >= CountComputeBusy && 32'(compute_cause_i) <= CountComputeIdle &&
       32'(store_cause_i) >= CountStoreBusy && 32'(store_cause_i) <= CountStoreIdle));
  NoCausesWithoutARun: assert property (@(posedge clk_i) !enable_i |->
      (fetch_cause_i == None && load_cause_i == None && compute_cause_i == None && store_cause_i == None));
`endif
endmodule
