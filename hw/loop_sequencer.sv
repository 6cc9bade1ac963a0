// Steps through the two loops and the micro-ops of one GEMM, MAC or ALU instruction: one micro-op address and its loop offsets per cycle,
// or per groups_i + 1 cycles. The next instruction is accepted in the cycle of the last step, so that instructions follow each other
// without a gap. An instruction without steps passes as one step with valid_o low.
module loop_sequencer #(
  parameter int UopIndexBits = 13,
  parameter int FactorBits = 20,
  parameter int OffsetBits = 27,
  parameter int GroupBits = 1
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    halt_i,
  input  logic                    hold_i,    // no step in this cycle
  input  logic                    start_i,
  output logic                    ready_o,
  input  logic [UopIndexBits-1:0] uop_bgn_i,
  input  logic [UopIndexBits:0]   uop_end_i,
  input  logic [13:0]             iter_out_i,
  input  logic [13:0]             iter_in_i,
  input  logic [FactorBits-1:0]   dst_out_i,
  input  logic [FactorBits-1:0]   dst_in_i,
  input  logic [FactorBits-1:0]   src_out_i,
  input  logic [FactorBits-1:0]   src_in_i,
  input  logic [FactorBits-1:0]   wgt_out_i,
  input  logic [FactorBits-1:0]   wgt_in_i,
  input  logic [GroupBits-1:0]    groups_i,  // cycles of a step, minus 1
  input  logic                    skip_i,    // has no steps
  output logic                    active_o,  // is under way
  output logic                    valid_o,   // and has steps
  output logic                    last_o,
  output logic [UopIndexBits-1:0] uop_o,
  output logic [GroupBits-1:0]    group_o,
  output logic                    final_o,   // the last group of its step
  output logic [OffsetBits-1:0]   dst_o,
  output logic [OffsetBits-1:0]   src_o,
  output logic [OffsetBits-1:0]   wgt_o,
  output logic [UopIndexBits-1:0] uop_bgn_o,  // the micro-ops of the instruction under way
  output logic [UopIndexBits-1:0] uop_end_o   // the last of them
);
  logic                    active_q, valid_q;
  logic [UopIndexBits-1:0] uop_q, bgn_q, end_q;  // end_q: the last one
  logic [GroupBits-1:0]    group_q, groups_q;
  logic [13:0]             in_q, iter_in_q, out_q;  // trips left after this one
  logic [FactorBits-1:0]   dst_out_q, dst_in_q, src_out_q, src_in_q, wgt_out_q, wgt_in_q;
  logic [OffsetBits-1:0]   dst_q, src_q, wgt_q, dst_row_q, src_row_q, wgt_row_q;  // row: at the outer trip's start
  logic                    uop_end, in_end;

  assign uop_end = uop_q == end_q;
  assign in_end = in_q == '0;
  assign final_o = group_q == groups_q;
  assign last_o = active_q && (!valid_q || (final_o && uop_end && in_end && out_q == '0));
  assign ready_o = !active_q || (last_o && !hold_i);
  assign active_o = active_q;
  assign valid_o = active_q && valid_q;
  assign uop_o = uop_q;
  assign group_o = group_q;
  assign dst_o = dst_q;
  assign src_o = src_q;
  assign wgt_o = wgt_q;
  assign uop_bgn_o = bgn_q;
  assign uop_end_o = end_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || halt_i) begin
      active_q <= 1'b0;
    end else if (start_i) begin
      active_q <= 1'b1;
      valid_q <= !skip_i;
      uop_q <= uop_bgn_i;
      bgn_q <= uop_bgn_i;
      end_q <= UopIndexBits'(uop_end_i - 1'b1);
      group_q <= '0;
      groups_q <= groups_i;
      in_q <= iter_in_i - 14'd1;
      iter_in_q <= iter_in_i - 14'd1;
      out_q <= iter_out_i - 14'd1;
      dst_out_q <= dst_out_i;
      dst_in_q <= dst_in_i;
      src_out_q <= src_out_i;
      src_in_q <= src_in_i;
      wgt_out_q <= wgt_out_i;
      wgt_in_q <= wgt_in_i;
      dst_q <= '0;
      src_q <= '0;
      wgt_q <= '0;
      dst_row_q <= '0;
      src_row_q <= '0;
      wgt_row_q <= '0;
    end else if (active_q && !hold_i) begin
      if (last_o) active_q <= 1'b0;
      if (!final_o) begin
        group_q <= group_q + 1'b1;
      end else begin
        group_q <= '0;
        if (!uop_end) begin
          uop_q <= uop_q + 1'b1;
        end else begin
          uop_q <= bgn_q;
          if (!in_end) begin
            in_q <= in_q - 14'd1;
            dst_q <= dst_q + OffsetBits'(dst_in_q);
            src_q <= src_q + OffsetBits'(src_in_q);
            wgt_q <= wgt_q + OffsetBits'(wgt_in_q);
          end else begin
            in_q <= iter_in_q;
            out_q <= out_q - 14'd1;
            dst_q <= dst_row_q + OffsetBits'(dst_out_q);
            src_q <= src_row_q + OffsetBits'(src_out_q);
            wgt_q <= wgt_row_q + OffsetBits'(wgt_out_q);
            dst_row_q <= dst_row_q + OffsetBits'(dst_out_q);
            src_row_q <= src_row_q + OffsetBits'(src_out_q);
            wgt_row_q <= wgt_row_q + OffsetBits'(wgt_out_q);
          end
        end
      end
    end
  end

`ifdef VERILATOR
  StartOnlyWhenReady: assert property (@(posedge clk_i) disable iff (!rst_ni || halt_i) start_i |-> ready_o);
`endif
endmodule
