/// Studies for tests.
enum StudyTexts {
  /// A whole study of little work on a small model, which is named where MODEL stands.
  static let small = """
    paper: small
    title: A small study
    source: "publication: none"
    design: pim-gpt
    models: [gpt2, MODEL]
    workload: { prompt: 1, generate: 4 }
    baselines:
      - { baseline: t4, format: fp16 }
    settings:
      - setting: slow
        title: a slow interface
        set: { clocks.interface: 250 MHz }
    sweeps:
      - sweep: clock
        title: Clock
        axis: MHz
        reference: 1000
        models: [MODEL]
        points:
          - { at: 100, set: { clocks.asic: 100 MHz } }
          - at: 1000
      - sweep: channels
        title: Channels
        axis: channels
        workload: { past: 30, prompt: 0, generate: 2 }
        reference: 8
        points:
          - { at: 4, set: { units.memory.channels: 4 } }
          - at: 8
          - { at: 16, set: { units.memory.channels: 16 }, past: 40 }
      - sweep: length
        title: Length
        axis: tokens
        reference: 4
        models: [MODEL]
        points:
          - { at: 4, generate: 4 }
          - { at: 400, generate: 400, set-model: { n_positions: 16 } }
    powers:
      - { power: MACs, value: 149.29 mW, count: 8, unit: memory, events: [mac], source: "publication: none" }
    assumptions:
      - { parameter: asic adders, why: they add }
    claims:
      - id: speed
        claim: faster
        published: [41, 137]
        unit: x
        source: abstract
        status: seen
        measure: { kind: speedup, baseline: t4 }
        reason: from {without.low} to {with.high}, lowest for {lowest}
      - id: energy
        claim: cheaper
        published: 100
        unit: x
        source: abstract
        status: seen
        measure: { kind: energy-ratio, baseline: t4, models: [gpt2] }
      - id: hits
        claim: hits
        published: 98
        unit: "%"
        source: abstract
        status: seen
        measure: { kind: row-hit-rate }
      - id: slow
        claim: slower
        published: { at-most: 20 }
        unit: "%"
        source: abstract
        status: unverified
        measure: { kind: slowdown, sweep: clock, at: 100 }
      - id: scaling
        claim: linear
        published: { trend: near linear }
        unit: "-"
        source: abstract
        status: seen
        measure: { kind: scaling, sweep: channels, models: [gpt2] }
      - id: traffic
        claim: less traffic
        published: 100
        unit: x
        source: abstract
        status: seen
        measure: { kind: traffic-reduction, element: 2 B }
      - id: share
        claim: share
        published: 1.16
        unit: "%"
        source: abstract
        status: seen
        measure: { kind: latency-share, not-on: pim-memory, models: [gpt2] }
      - id: operations
        claim: operations
        published: 2.1
        unit: op/param
        source: abstract
        status: seen
        measure: { kind: operations-per-parameter, models: [gpt2] }
      - id: power
        claim: power
        published: 304.59
        unit: mW
        source: abstract
        status: seen
        measure: { kind: unit-power, unit: asic }
      - id: mac
        claim: power of MACs
        published: 149.29
        unit: mW
        source: abstract
        status: seen
        measure: { kind: event-power, unit: memory, event: mac, full-rate: 256 GHz }
      - id: order
        claim: order
        published: { trend: order }
        unit: "-"
        source: abstract
        status: seen
        measure: { kind: ordering, of: speedup, baseline: t4, largest: MODEL, smallest: gpt2 }
      - id: tokens
        claim: tokens
        published: 4
        unit: tokens
        source: abstract
        status: seen
        measure: { kind: configuration, value: generate }
        input: true
        reason: a setting
      - id: area
        claim: area
        published: 0.64
        unit: mm2
        source: abstract
        status: seen
        measure: { kind: not-checkable }
        reason: no area is modelled

    """
}
