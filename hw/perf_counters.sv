// The counters of registers.svh. Every cycle of an engine has one cause; what is counted is how long a cause lasted, when it changes, so
// that an engine's causes sum to the run's cycles. Read one at a time, a cycle after its selection, and right from a cycle after the run.
module perf_counters #(
  parameter int Width = 48,
  parameter int ByteBits = 7
) (
  input  logic                clk_i,
  input  logic                clear_i,   // only while not enabled
  input  logic                enable_i,  // a run is under way
  input  logic [Width-1:0]    cycles_i,  // of the run so far
  input  logic [4*5-1:0]      cause_i,   // of fetch, load, compute and store: the number of the counter
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
  localparam int Engines = 4;
  localparam logic [4:0] None = 5'd31;  // no cause of an engine's has this number

  localparam int Causes = CountStoreIdle + 1;

  // Causes and steps change seldom: what lasted is added when any of them changes.
  (* mem2reg *) logic [Width-1:0] count_q [0:Causes-1];
  logic [4*5-1:0]                 cause, cause_q;
  logic [5:0]                     steps, steps_q;
  logic [Width-1:0]               since_q, steps_since_q, lasted, steps_lasted;
  assign cause = enable_i ? cause_i : {Engines{None}};
  assign steps = enable_i ? {write_beat_i, read_beat_i, depthwise_step_i, requantize_step_i, alu_step_i, gemm_step_i} : '0;
  assign lasted = cycles_i - since_q;
  assign steps_lasted = cycles_i - steps_since_q;
  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      for (int i = 0; i < Causes; i++) count_q[i] <= '0;
      since_q <= '0;
      cause_q <= {Engines{None}};
    end else if (cause != cause_q) begin
      for (int e = 0; e < Engines; e++) begin
        if (cause_q[5*e +: 5] != None) count_q[cause_q[5*e +: 5]] <= count_q[cause_q[5*e +: 5]] + lasted;
      end
      since_q <= cycles_i;
      cause_q <= cause;
    end
  end

  logic [Width-1:0] gemm_q, alu_q, requantize_q, depthwise_q, read_q, write_q;
  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      gemm_q <= '0;
      alu_q <= '0;
      requantize_q <= '0;
      depthwise_q <= '0;
      read_q <= '0;
      write_q <= '0;
      steps_since_q <= '0;
      steps_q <= '0;
    end else if (steps != steps_q) begin
      if (steps_q[0]) gemm_q <= gemm_q + steps_lasted;
      if (steps_q[1]) alu_q <= alu_q + steps_lasted;
      if (steps_q[2]) requantize_q <= requantize_q + steps_lasted;
      if (steps_q[3]) depthwise_q <= depthwise_q + steps_lasted;
      if (steps_q[4]) read_q <= read_q + steps_lasted;
      if (steps_q[5]) write_q <= write_q + steps_lasted;
      steps_since_q <= cycles_i;
      steps_q <= steps;
    end
  end

  logic [Width-1:0] uop_q, inp_q, wgt_q, acc_q, prm_q, out_q;
  logic             moved;
  assign moved = enable_i && (uop_bytes_i | inp_bytes_i | wgt_bytes_i | acc_bytes_i | prm_bytes_i | out_bytes_i) != '0;
  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      uop_q <= '0;
      inp_q <= '0;
      wgt_q <= '0;
      acc_q <= '0;
      prm_q <= '0;
      out_q <= '0;
    end else if (moved) begin
      uop_q <= uop_q + Width'(uop_bytes_i);
      inp_q <= inp_q + Width'(inp_bytes_i);
      wgt_q <= wgt_q + Width'(wgt_bytes_i);
      acc_q <= acc_q + Width'(acc_bytes_i);
      prm_q <= prm_q + Width'(prm_bytes_i);
      out_q <= out_q + Width'(out_bytes_i);
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
  assign summed = cause_q[4:0] != None;
  assign fetch_sum = count_q[0] + count_q[1] + count_q[2] + count_q[3];
  assign load_sum = count_q[4] + count_q[5] + count_q[6] + count_q[7] + count_q[8];
  assign compute_sum = count_q[9] + count_q[10] + count_q[11] + count_q[12] + count_q[13] + count_q[14];
  assign store_sum = count_q[15] + count_q[16] + count_q[17] + count_q[18] + count_q[19];
  CausesSumToTheCycles: assert property (@(posedge clk_i) disable iff (clear_i || !summed)
      (fetch_sum == since_q && load_sum == since_q && compute_sum == since_q && store_sum == since_q));
  CausesOfTheirEngine: assert property (@(posedge clk_i) enable_i |->
      (32'(cause_i[4:0]) <= CountFetchIdle && 32'(cause_i[9:5]) >= CountLoadBusy && 32'(cause_i[9:5]) <= CountLoadIdle &&
       32'(cause_i[14:10]) >= CountComputeBusy && 32'(cause_i[14:10]) <= CountComputeIdle &&
       32'(cause_i[19:15]) >= CountStoreBusy && 32'(cause_i[19:15]) <= CountStoreIdle));
`endif
endmodule
